import { useState } from "react";
import type { ModelFileView, ModelsUsageView } from "@/api/models";
import type { Role } from "@/api/types";
import { Button } from "@/components/Button";
import { formatCount } from "@/components/format";
import { m } from "@/paraglide/messages.js";
import { FileRow } from "./FileRow";
import type { DialogKind } from "./ModelDialogs";

/** So many rows are drawn at first, and more at a time on demand: a folder may hold thousands. */
const PAGE = 200;

interface FileTableProps {
  files: ModelFileView[];
  usage: ModelsUsageView | undefined;
  rolesOf: (file: ModelFileView) => Role[];
  onOpen: (kind: DialogKind, file: ModelFileView) => void;
}

export function FileTable({ files, usage, rolesOf, onOpen }: FileTableProps) {
  const [pages, setPages] = useState(1);
  const checked = new Map(usage?.models.map((model) => [model.id, model.checked]));
  const drawn = files.slice(0, pages * PAGE);
  const rest = files.length - drawn.length;
  return (
    <>
      <div className="table-wrap">
        <table className="table models-table" aria-label={m.files_on_disk()} data-testid="files-table">
          <thead>
            <tr>
              <th scope="col">{m.column_model()}</th>
              <th scope="col" className="models-what">
                {m.column_architecture()}
              </th>
              <th scope="col" className="models-quant">
                {m.column_quantization()}
              </th>
              <th scope="col" className="number models-context">
                {m.column_context()}
              </th>
              <th scope="col" className="models-licence">
                {m.column_licence()}
              </th>
              <th scope="col" className="models-origin">
                {m.column_origin()}
              </th>
              <th scope="col" className="number">
                {m.column_size()}
              </th>
              <th scope="col">
                <span className="sr-only">{m.column_actions()}</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {drawn.map((file) => (
              <FileRow
                key={file.id}
                file={file}
                checked={checked.get(file.id)}
                roles={rolesOf(file)}
                onOpen={(kind) => onOpen(kind, file)}
              />
            ))}
          </tbody>
        </table>
      </div>
      {rest > 0 && (
        <div>
          <Button onClick={() => setPages(pages + 1)} data-testid="files-more">
            {m.files_more({ shown: formatCount(Math.min(rest, PAGE)), rest: formatCount(rest) })}
          </Button>
        </div>
      )}
    </>
  );
}
