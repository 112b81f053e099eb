import { useModelList } from "@/api/models";
import { Segmented } from "@/components/Choice";
import { type Command, useCommands } from "@/components/commands";
import { m } from "@/paraglide/messages.js";
import { FilesPane } from "./files/FilesPane";
import { ImportDialog } from "./files/ImportDialog";
import { GetModels } from "./get/GetModels";
import { RolesPane } from "./roles/RolesPane";
import { TransfersBadge } from "./transfers/TransfersBadge";
import { beginImport, endImport, PARTS, type Part, showPart, useModelsView } from "./view";

const title: Record<Part, () => string> = {
  roles: () => m.roles(),
  files: () => m.models_part_files(),
  get: () => m.models_part_get(),
};

/** Who plays which role, the model files that could, and how to get more of them. */
export function ModelsScreen() {
  const { part, importing } = useModelsView();
  const list = useModelList();
  useCommands([
    ...PARTS.map(
      (other): Command => ({
        id: `models.${other}`,
        title: `${m.nav_models()}: ${title[other]()}`,
        group: "here",
        run: () => showPart(other),
      }),
    ),
    { id: "models.import", title: m.import_open(), group: "here", keys: "mod+o", run: () => beginImport() },
  ]);
  return (
    <div className="screen">
      <header className="top-bar models-bar">
        <h1 className="screen-title">{m.nav_models()}</h1>
        <Segmented
          label={m.models_parts()}
          value={part}
          options={PARTS.map((value) => ({ value, label: title[value]() }))}
          onChange={showPart}
        />
        <span className="spacer" />
        <TransfersBadge />
      </header>
      <div className="scroll" data-testid={`models-${part}`}>
        <div className="page">
          {part === "roles" && <RolesPane list={list} />}
          {part === "files" && <FilesPane list={list} />}
          {part === "get" && <GetModels />}
        </div>
      </div>
      {importing !== null && <ImportDialog key={importing} path={importing} onClose={endImport} />}
    </div>
  );
}
