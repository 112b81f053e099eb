import { useReactFlow } from "@xyflow/react";
import { type PointerEvent, useRef, useState } from "react";
import { createPortal } from "react-dom";
import type { Role } from "@/api/types";
import { RoleIcon } from "@/components/RoleChip";
import { ROLES, STEP_ROLES } from "@/components/roles";
import { Tooltip } from "@/components/Tooltip";
import { m } from "@/paraglide/messages.js";
import { useDraft } from "../draft";
import { arranged, GRID, isPlaced, NODE_WIDTH, positionAt } from "./layout";

/** Adds a step of a role after the selected one, or at the end. */
export function addRole(role: Role): void {
  const { keys, selected, addStep } = useDraft.getState();
  const at = keys.indexOf(selected);
  addStep(at < 0 ? keys.length : at + 1, role);
}

/** The roles as bricks: a click or Enter adds a step, and dragged onto the canvas one is put where it is let go. */
export function RolePalette() {
  return (
    <div className="role-palette" role="toolbar" aria-label={m.add_step()} data-testid="role-palette">
      <span className="role-palette-label" aria-hidden>
        {m.add_step()}
      </span>
      {STEP_ROLES.map((role) => (
        <RoleBrick key={role} role={role} />
      ))}
    </div>
  );
}

interface Carried {
  x: number;
  y: number;
}

function RoleBrick({ role }: { role: Role }) {
  const { screenToFlowPosition } = useReactFlow();
  const [carried, setCarried] = useState<Carried | null>(null);
  const from = useRef<Carried | null>(null);
  const dropped = useRef(false);

  function onMove(event: PointerEvent) {
    if (!from.current) return;
    const far = Math.hypot(event.clientX - from.current.x, event.clientY - from.current.y) > 5;
    if (carried || far) setCarried({ x: event.clientX, y: event.clientY });
  }
  function onUp(event: PointerEvent) {
    from.current = null;
    if (!carried) return;
    setCarried(null);
    dropped.current = true;
    drop(role, event, screenToFlowPosition({ x: event.clientX, y: event.clientY }, { snapToGrid: false }));
  }
  return (
    <>
      <Tooltip text={ROLES[role].about()} side="bottom">
        <button
          type="button"
          className={`role-brick ${ROLES[role].hue}`}
          aria-label={m.add_step_of({ role })}
          data-testid={`add-${role}`}
          onPointerDown={(event) => {
            if (event.button !== 0) return;
            dropped.current = false;
            from.current = { x: event.clientX, y: event.clientY };
            event.currentTarget.setPointerCapture?.(event.pointerId);
          }}
          onPointerMove={onMove}
          onPointerUp={onUp}
          onPointerCancel={() => {
            from.current = null;
            setCarried(null);
          }}
          onClick={() => !dropped.current && addRole(role)}
        >
          <RoleIcon role={role} size={14} />
          <span>{role}</span>
        </button>
      </Tooltip>
      {carried &&
        createPortal(
          <span className={`role-carried ${ROLES[role].hue}`} style={{ left: carried.x, top: carried.y }}>
            <RoleIcon role={role} size={14} />
            {role}
          </span>,
          document.body,
        )}
    </>
  );
}

/** Adds the step where it was let go: into a line it was dropped on, else after all steps above it. Elsewhere nothing happens. */
function drop(role: Role, { clientX, clientY }: PointerEvent, point: Carried): void {
  const below = document.elementFromPoint(clientX, clientY);
  const { pipeline, keys, addStep } = useDraft.getState();
  if (!pipeline || !below?.closest('[data-testid="canvas"]')) return;
  const line = below.closest(".react-flow__edge")?.getAttribute("data-id")?.split(">")[1];
  const target = line === "assembler" ? keys.length : keys.indexOf(line ?? "");
  const position = target >= 0 ? target : positionAt(arranged(pipeline, keys), keys, point.y);
  const corner = { x: point.x - NODE_WIDTH / 2, y: point.y - GRID };
  const snapped: [number, number] = [Math.round(corner.x / GRID) * GRID, Math.round(corner.y / GRID) * GRID];
  addStep(position, role, isPlaced(pipeline) ? snapped : undefined);
}

/** Shown in a pipeline without steps. */
export function AddFirstStep() {
  return (
    <div className="flow-empty" data-testid="flow-empty">
      <p>{m.flow_empty()}</p>
      <ul className="first-roles">
        {STEP_ROLES.map((role) => (
          <li key={role}>
            <button type="button" className={`first-role ${ROLES[role].hue}`} onClick={() => addRole(role)}>
              <RoleIcon role={role} />
              <span>
                <strong>{role}</strong>
                <small>{ROLES[role].about()}</small>
              </span>
            </button>
          </li>
        ))}
      </ul>
    </div>
  );
}
