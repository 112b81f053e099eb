import { FolderOpen, PackageOpen, Search } from "lucide-react";
import { type FormEvent, useId, useState } from "react";
import { chooseFile } from "@/api/desktop";
import { type BundleImportRequest, useOpenBundle, usePlanImport } from "@/api/getModels";
import { Button } from "@/components/Button";
import { useCurrentProject } from "@/components/currentProject";
import { Modal } from "@/components/Modal";
import { PathField } from "@/components/PathField";
import { projectName } from "@/components/projectName";
import { ErrorPanel } from "@/components/States";
import { Switch } from "@/components/Switch";
import { m } from "@/paraglide/messages.js";
import { BundlePlan } from "./BundlePlan";
import { BUNDLE_EXTENSION } from "./bundlePath";

/** Shows what importing a bundle would do, and does it when asked to. */
export function OpenBundle({ onClose }: { onClose: () => void }) {
  const [path, setPath] = useState("");
  const [bind, setBind] = useState(true);
  const { project, projectId } = useCurrentProject();
  const plan = usePlanImport();
  const open = useOpenBundle();
  const form = useId();
  const wanted = path.trim();
  const blocked = plan.data?.models.some(({ outcome }) => outcome === "name_taken") ?? false;

  const request = (binds = bind): BundleImportRequest => ({
    path: wanted,
    project_id: projectId,
    bind: binds,
  });
  function look(binds = bind) {
    open.reset();
    if (wanted !== "" && !plan.isPending) plan.mutate(request(binds));
  }
  return (
    <Modal
      title={m.bundle_open_title()}
      text={m.bundle_open_text({ project: project ? projectName(project) : m.project_default() })}
      wide
      onClose={onClose}
      testId="open-bundle"
      footer={
        <>
          <Button onClick={onClose}>{m.cancel()}</Button>
          <Button
            look="primary"
            icon={PackageOpen}
            busy={open.isPending}
            disabled={!plan.data || plan.isPending || blocked}
            onClick={() => open.mutate(request(), { onSuccess: onClose })}
            data-testid="bundle-import"
          >
            {m.bundle_import_do()}
          </Button>
        </>
      }
    >
      <form
        id={form}
        className="dialog-form"
        onSubmit={(event: FormEvent) => {
          event.preventDefault();
          look();
        }}
      >
        <PathField
          label={m.bundle_source()}
          value={path}
          onChange={(next) => {
            setPath(next);
            plan.reset();
            open.reset();
          }}
          placeholder={m.bundle_path_placeholder()}
          ways={[
            {
              label: m.choose_folder(),
              icon: FolderOpen,
              choose: () => chooseFile(m.bundle_choose_source(), BUNDLE_EXTENSION),
            },
          ]}
          testId="bundle-path"
        />
        <div className="get-switch">
          <div>
            <strong>{m.bundle_bind()}</strong>
            <p className="hint">{m.bundle_bind_hint()}</p>
          </div>
          <Switch
            label={m.bundle_bind()}
            checked={bind}
            onChange={(next) => {
              setBind(next);
              if (plan.data) look(next);
            }}
            testId="bundle-bind"
          />
        </div>
        <div>
          <Button
            type="submit"
            icon={Search}
            busy={plan.isPending}
            disabled={wanted === ""}
            data-testid="bundle-look"
          >
            {m.bundle_look()}
          </Button>
        </div>
      </form>
      {plan.isError && <ErrorPanel title={m.bundle_look_failed()} error={plan.error} />}
      {plan.data && <BundlePlan report={plan.data} />}
      {blocked && (
        <p className="notice notice-error" role="alert">
          {m.bundle_name_taken()}
        </p>
      )}
      {open.isError && <ErrorPanel title={m.bundle_import_failed()} error={open.error} />}
    </Modal>
  );
}
