import {
  CircleX,
  Ellipsis,
  FileText,
  FolderInput,
  PencilLine,
  ShieldCheck,
  ShieldQuestion,
  Trash2,
} from "lucide-react";
import type { CheckedState, ModelFileView } from "@/api/models";
import type { Role } from "@/api/types";
import { ActionMenu } from "@/components/ActionMenu";
import { formatBytes, formatCount } from "@/components/format";
import { RoleIcon } from "@/components/RoleChip";
import { ROLES, STEP_ROLES } from "@/components/roles";
import { SaidText } from "@/components/said/SaidText";
import { said } from "@/components/said/said";
import { m } from "@/paraglide/messages.js";
import { canRun } from "../roles/choices";
import { useServe } from "../useServe";
import { formatParams, originText } from "./facts";
import type { DialogKind } from "./ModelDialogs";
import { useVerify } from "./useVerify";

const ALL_ROLES: Role[] = [...STEP_ROLES, "Assembler"];

interface FileRowProps {
  file: ModelFileView;
  checked: CheckedState | undefined;
  /** The roles that it serves. */
  roles: Role[];
  onOpen: (kind: DialogKind) => void;
}

export function FileRow({ file, checked, roles, onOpen }: FileRowProps) {
  const verify = useVerify();
  const { serve } = useServe();
  const changed = checked === "changed";
  return (
    <tr data-testid="file-row" data-id={file.id}>
      <th scope="row">
        <span className="models-name">
          <button type="button" className="models-open" title={file.id} onClick={() => onOpen("details")}>
            {file.id}
          </button>
          {roles.map((role) => (
            <span key={role} title={m.file_serves({ role })}>
              <RoleIcon role={role} size={13} />
              <span className="sr-only">{m.file_serves({ role })}</span>
            </span>
          ))}
        </span>
        <span className="file-path" title={file.path}>
          {file.path}
        </span>
        {(file.problem || changed) && (
          <span className="file-problem breakable">
            <CircleX aria-hidden size={13} />{" "}
            {file.problem ? <SaidText said={said(file.problem_phrase, file.problem)} /> : m.file_changed()}
          </span>
        )}
        {!file.problem && !file.runnable && (
          <span className="file-problem file-quiet breakable">
            {m.file_not_runnable({ format: file.format })}
          </span>
        )}
      </th>
      <td className="models-what">
        {file.architecture ?? "–"}
        {file.n_params ? (
          <small className="number">{m.params_count({ count: formatParams(file.n_params) })}</small>
        ) : null}
      </td>
      <td className="models-quant">{file.quantization ?? "–"}</td>
      <td className="number models-context">
        {file.context_length ? formatCount(file.context_length) : "–"}
      </td>
      <td className="models-licence">{file.licence ?? "–"}</td>
      <td className="models-origin">
        {originText(file.origin)}
        <Checked state={checked} />
      </td>
      <td className="number">{formatBytes(file.size_bytes)}</td>
      <td className="models-actions">
        <ActionMenu
          label={m.file_actions_of({ name: file.id })}
          icon={Ellipsis}
          testId="file-menu"
          actions={[
            { id: "details", label: m.file_details(), icon: FileText, run: () => onOpen("details") },
            ...(canRun(file) && !changed ? ALL_ROLES : [])
              .filter((role) => !roles.includes(role))
              .map((role) => ({
                id: `serve-${role}`,
                label: m.file_serve({ role }),
                icon: ROLES[role].icon,
                run: () => serve(role, file.id),
              })),
            { id: "verify", label: m.file_verify(), icon: ShieldCheck, run: () => verify(file.id) },
            ...(changed
              ? [
                  {
                    id: "accept",
                    label: m.file_accept_open(),
                    icon: ShieldQuestion,
                    run: () => onOpen("accept"),
                  },
                ]
              : []),
            { id: "rename", label: m.model_rename_open(), icon: PencilLine, run: () => onOpen("rename") },
            // What another program keeps stays where that program looks for it.
            ...(file.origin
              ? []
              : [{ id: "move", label: m.model_move_open(), icon: FolderInput, run: () => onOpen("move") }]),
            {
              id: "remove",
              label: m.model_remove_open(),
              icon: Trash2,
              danger: true,
              run: () => onOpen("remove"),
            },
          ]}
        />
      </td>
    </tr>
  );
}

function Checked({ state }: { state: CheckedState | undefined }) {
  if (state === undefined || state === "changed") return null;
  return (
    <small className={state === "verified" ? "models-verified" : undefined}>
      {state === "verified"
        ? m.checked_verified()
        : state === "touched"
          ? m.checked_touched()
          : m.checked_unrecorded()}
    </small>
  );
}
