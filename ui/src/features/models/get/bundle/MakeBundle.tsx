import { useQuery } from "@tanstack/react-query";
import { Archive, FolderOpen } from "lucide-react";
import { useState } from "react";
import { design } from "@/api/design";
import { chooseFolder } from "@/api/desktop";
import { useMakeBundle } from "@/api/getModels";
import { Button } from "@/components/Button";
import { FormDialog } from "@/components/FormDialog";
import { PathField } from "@/components/PathField";
import { useProjectNames } from "@/components/projectName";
import { ErrorPanel, Skeleton } from "@/components/States";
import { Switch } from "@/components/Switch";
import { m } from "@/paraglide/messages.js";
import { bundleIn } from "./bundlePath";

/** Puts pipelines, and what is needed to run them, into one file for a machine without a network. */
export function MakeBundle({ onClose }: { onClose: () => void }) {
  const [path, setPath] = useState("");
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  const [withModels, setWithModels] = useState(false);
  const make = useMakeBundle();
  const target = path.trim();
  return (
    <FormDialog
      title={m.bundle_make_title()}
      text={m.bundle_make_text()}
      action={m.bundle_make_do({ count: chosen.size })}
      icon={Archive}
      ready={target !== "" && chosen.size > 0}
      busy={make.isPending}
      refused={make.isError ? { title: m.bundle_make_failed(), error: make.error } : undefined}
      onSend={() =>
        make.mutate({ path: target, pipelines: [...chosen], with_models: withModels }, { onSuccess: onClose })
      }
      onClose={onClose}
      testId="bundle-make"
    >
      <PipelineChoice
        chosen={chosen}
        onChange={(next) => {
          setChosen(next);
          make.reset();
        }}
      />
      <div className="get-switch">
        <div>
          <strong>{m.bundle_with_models()}</strong>
          <p className="hint">{m.bundle_with_models_hint()}</p>
        </div>
        <Switch
          label={m.bundle_with_models()}
          checked={withModels}
          onChange={setWithModels}
          testId="bundle-with-models"
        />
      </div>
      <PathField
        label={m.bundle_target()}
        value={path}
        onChange={(next) => {
          setPath(next);
          make.reset();
        }}
        placeholder={m.bundle_path_placeholder()}
        ways={[
          {
            label: m.choose_folder(),
            icon: FolderOpen,
            choose: async () => {
              const folder = await chooseFolder(m.bundle_choose_target());
              return folder && bundleIn(folder, new Date());
            },
          },
        ]}
        testId="bundle-path"
      />
    </FormDialog>
  );
}

interface PipelineChoiceProps {
  chosen: ReadonlySet<string>;
  onChange: (chosen: ReadonlySet<string>) => void;
}

function PipelineChoice({ chosen, onChange }: PipelineChoiceProps) {
  const projectOf = useProjectNames();
  const query = useQuery({
    queryKey: ["pipelines", "all"],
    queryFn: ({ signal }) => design.pipelines(undefined, signal),
    select: ({ pipelines }) => pipelines,
  });
  if (query.isPending) return <Skeleton rows={3} />;
  if (query.isError)
    return <ErrorPanel title={m.gal_saved_failed()} error={query.error} onRetry={() => query.refetch()} />;
  const pipelines = query.data;
  if (pipelines.length === 0) return <p className="notice notice-quiet">{m.bundle_no_pipelines()}</p>;
  const all = pipelines.every(({ id }) => chosen.has(id));
  function toggle(id: string) {
    const next = new Set(chosen);
    if (!next.delete(id)) next.add(id);
    onChange(next);
  }
  return (
    <fieldset className="field" aria-label={m.bundle_pipelines()}>
      <legend className="get-legend">
        {m.bundle_pipelines()}
        <Button
          small
          look="ghost"
          onClick={() => onChange(all ? new Set() : new Set(pipelines.map(({ id }) => id)))}
        >
          {all ? m.bundle_choose_none() : m.bundle_choose_all()}
        </Button>
      </legend>
      <div className="get-checks">
        {pipelines.map(({ id, name, project_id }) => (
          <label key={id} className="get-check">
            <input type="checkbox" checked={chosen.has(id)} onChange={() => toggle(id)} />
            <span className="breakable">{name}</span>
            {project_id && projectOf(project_id) && <small className="hint">{projectOf(project_id)}</small>}
          </label>
        ))}
      </div>
    </fieldset>
  );
}
