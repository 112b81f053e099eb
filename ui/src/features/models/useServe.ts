import { toast } from "sonner";
import { useBind } from "@/api/models";
import type { Role } from "@/api/types";
import { modelName } from "@/components/format";
import { errorText } from "@/components/States";
import { m } from "@/paraglide/messages.js";

/** Lets a model serve a role and says what came of it; `id` is a file's, `default` or `scripted`. */
export function useServe() {
  const bind = useBind();
  const serve = (role: Role, id: string) =>
    bind.mutate(
      { role, binding: { id } },
      {
        onSuccess: ({ models }) => {
          const bound = models.find(({ name }) => name === role)?.binding.id ?? id;
          toast.success(m.bound({ role, model: modelName(bound) }));
        },
        onError: (error) => toast.error(m.bind_failed({ role }), { description: errorText(error) }),
      },
    );
  return { serve, isPending: bind.isPending };
}
