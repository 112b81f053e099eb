import { toast } from "sonner";
import { useVerifyModel } from "@/api/models";
import { errorText } from "@/components/States";
import { m } from "@/paraglide/messages.js";

/** Begins to compare a model with its checksum; its begin and what comes of it are told by the transfers. */
export function useVerify(): (model: string, accept?: boolean) => void {
  const verify = useVerifyModel();
  return (model, accept = false) =>
    verify.mutate(
      { model, accept },
      {
        onError: (error) =>
          toast.error(m.file_verify_failed({ name: model }), { description: errorText(error) }),
      },
    );
}
