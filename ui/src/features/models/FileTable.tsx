import { CircleX } from "lucide-react";
import type { ModelFile } from "@/api/types";
import { fileName, formatBytes, formatCount } from "@/components/format";
import { m } from "@/paraglide/messages.js";

export function FileTable({ files }: { files: ModelFile[] }) {
  return (
    <div className="table-wrap">
      <table className="table">
        <thead>
          <tr>
            <th scope="col">{m.column_file()}</th>
            <th scope="col">{m.column_architecture()}</th>
            <th scope="col">{m.column_quantization()}</th>
            <th scope="col" className="number">
              {m.column_context()}
            </th>
            <th scope="col" className="number">
              {m.column_size()}
            </th>
          </tr>
        </thead>
        <tbody>
          {files.map((file) => (
            <tr key={file.id}>
              <th scope="row">
                <span className="file-title">{fileName(file.path)}</span>
                <span className="file-path" title={file.path}>
                  {file.path}
                </span>
                {file.problem && (
                  <span className="file-problem">
                    <CircleX aria-hidden size={13} /> {file.problem}
                  </span>
                )}
              </th>
              <td>{file.architecture ?? "–"}</td>
              <td>{file.quantization ?? "–"}</td>
              <td className="number">{file.context_length ? formatCount(file.context_length) : "–"}</td>
              <td className="number">{formatBytes(file.size_bytes)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
