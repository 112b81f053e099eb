// The commands of the Design screen, for the palette and the keys. What they change is the draft.
import { useEffect } from "react";
import { toast } from "sonner";
import { type Command, useCommands } from "@/components/commands";
import { STEP_ROLES } from "@/components/roles";
import { m } from "@/paraglide/messages.js";
import { type Draft, useDraft } from "../draft";
import { useLook } from "../Flow";
import { isEnabled } from "./inputs";
import { addRole } from "./RolePalette";
import { editText } from "./said";
import { focusInspector } from "./useReveal";
import { useView } from "./view";

/** List positions of the selected steps. */
export function chosenPositions({ keys, chosen }: Pick<Draft, "keys" | "chosen">): number[] {
  return chosen.map((key) => keys.indexOf(key)).filter((at) => at >= 0);
}

/** What was copied last, for a paste where the system's clipboard cannot be read. */
let copied = "";

const isTyping = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement && target.closest("input, textarea, select, [contenteditable=true]") !== null;

/** A key that acts on the selected steps does so from the flow, not out of the form of one of them. */
const inForm = (): boolean => document.activeElement?.closest(".inspector, [role=dialog]") != null;

function paste(text: string): void {
  if (!useDraft.getState().pasteSteps(text)) toast(m.paste_nothing(), { id: "paste" });
}

export function useDesignCommands(): void {
  const { past, future, pipeline, chosen, keys, selected } = useDraft();
  const look = useLook();
  const positions = chosenPositions({ keys, chosen });
  const steps = pipeline?.steps ?? [];
  const none = positions.length === 0;
  const on = positions.some((at) => steps[at] && isEnabled(steps[at]));
  const last = past.at(-1);
  const next = future[0];
  const edit = "edit" as const;
  const act = (run: (positions: number[], draft: Draft) => void) => () => {
    const draft = useDraft.getState();
    if (!inForm()) run(chosenPositions(draft), draft);
  };
  const commands: Command[] = [
    ...STEP_ROLES.map((role) => ({
      id: `design.add.${role}`,
      title: m.add_step_of({ role }),
      group: "here" as const,
      words: m.add_step(),
      run: () => addRole(role),
    })),
    {
      id: "design.undo",
      title: last ? m.undo_of({ edit: editText(last) }) : m.undo(),
      group: edit,
      keys: "mod+z",
      disabled: !last,
      run: () => useDraft.getState().undo(),
    },
    {
      id: "design.redo",
      title: next ? m.redo_of({ edit: editText(next) }) : m.redo(),
      group: edit,
      keys: ["mod+shift+z", "mod+y"],
      disabled: !next,
      run: () => useDraft.getState().redo(),
    },
    {
      id: "design.rename",
      title: m.rename_step(),
      group: edit,
      keys: "f2",
      disabled: !keys.includes(selected),
      run: () => useView.getState().rename(useDraft.getState().selected),
    },
    {
      id: "design.duplicate",
      title: m.duplicate_steps({ count: Math.max(1, positions.length) }),
      group: edit,
      keys: "mod+d",
      disabled: none,
      run: act((at, draft) => draft.duplicateSteps(at)),
    },
    {
      id: "design.delete",
      title: m.delete_steps({ count: Math.max(1, positions.length) }),
      group: edit,
      keys: ["delete", "backspace"],
      disabled: none,
      run: act((at, draft) => draft.removeSteps(at)),
    },
    {
      id: "design.enabled",
      title: on ? m.switch_off_steps() : m.switch_on_steps(),
      group: edit,
      keys: "mod+shift+e",
      disabled: none,
      run: act((at, draft) => draft.setEnabled(at, !on)),
    },
    {
      id: "design.pause",
      title: steps[positions[0] ?? -1]?.pause_after ? m.pause_after_stop() : m.pause_after_this(),
      group: edit,
      disabled: positions.length !== 1,
      run: () => {
        const at = positions[0] ?? -1;
        useDraft.getState().editStep(at, { pause_after: steps[at]?.pause_after ? undefined : true });
      },
    },
    {
      id: "design.up",
      title: m.move_steps_up(),
      group: edit,
      keys: "alt+arrowup",
      disabled: none,
      run: act((at, draft) => draft.moveSteps(at, -1)),
    },
    {
      id: "design.down",
      title: m.move_steps_down(),
      group: edit,
      keys: "alt+arrowdown",
      disabled: none,
      run: act((at, draft) => draft.moveSteps(at, 1)),
    },
    {
      id: "design.copy",
      title: m.copy_steps(),
      group: edit,
      disabled: none,
      run: () => {
        copied = useDraft.getState().copySteps(positions);
        navigator.clipboard?.writeText(copied).catch(() => {});
      },
    },
    {
      id: "design.paste",
      title: m.paste_steps(),
      group: edit,
      run: () => {
        const read = navigator.clipboard?.readText?.() ?? Promise.reject(new Error("no clipboard"));
        read.then(paste, () => paste(copied));
      },
    },
    {
      id: "design.select_all",
      title: m.select_all_steps(),
      group: edit,
      keys: "mod+a",
      whileTyping: false,
      disabled: keys.length === 0,
      run: () => useDraft.getState().selectMany(useDraft.getState().keys),
    },
    {
      id: "design.look",
      title: look === "canvas" ? m.show_outline() : m.show_canvas(),
      group: "view",
      keys: "mod+shift+o",
      run: () => useView.getState().setLook(look === "canvas" ? "outline" : "canvas"),
    },
    { id: "design.inspect", title: m.go_to_form(), group: "view", keys: "mod+i", run: focusInspector },
    {
      id: "design.drawer",
      title: m.toggle_drawer(),
      group: "view",
      keys: "mod+j",
      run: () => useView.getState().toggle("drawer"),
    },
    ...steps.map((step, at) => ({
      id: `design.go.${keys[at]}`,
      title: m.go_to_step({ name: step.step_name || m.step_unnamed() }),
      group: "here" as const,
      run: () => useDraft.getState().select(keys[at] ?? "context"),
    })),
    {
      id: "design.go.context",
      title: m.go_to_step({ name: m.context_title() }),
      group: "here",
      run: () => useDraft.getState().select("context"),
    },
    {
      id: "design.go.assembler",
      title: m.go_to_step({ name: m.assembler_title() }),
      group: "here",
      run: () => useDraft.getState().select("assembler"),
    },
  ];
  useCommands(commands);
  useClipboard();
  useOneHistory();
}

/** Copy, cut and paste of whole steps, wherever no text is selected and no field has the focus. */
function useClipboard(): void {
  useEffect(() => {
    const onCopy = (event: ClipboardEvent) => {
      const draft = useDraft.getState();
      const positions = chosenPositions(draft);
      const text = window.getSelection();
      if (isTyping(event.target) || inForm() || (text && !text.isCollapsed) || positions.length === 0) return;
      copied = draft.copySteps(positions);
      event.clipboardData?.setData("text/plain", copied);
      event.preventDefault();
      if (event.type === "cut") draft.removeSteps(positions);
    };
    const onPaste = (event: ClipboardEvent) => {
      if (isTyping(event.target) || inForm()) return;
      event.preventDefault();
      paste(event.clipboardData?.getData("text/plain") || copied);
    };
    document.addEventListener("copy", onCopy);
    document.addEventListener("cut", onCopy);
    document.addEventListener("paste", onPaste);
    return () => {
      document.removeEventListener("copy", onCopy);
      document.removeEventListener("cut", onCopy);
      document.removeEventListener("paste", onPaste);
    };
  }, []);
}

/** Undo in the prompt's editor is the draft's undo: two histories of the same text would each undo what the other did. */
function useOneHistory(): void {
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      const target = event.target as HTMLElement | null;
      if (!(event.ctrlKey || event.metaKey) || event.altKey || !target?.closest?.(".inspector .cm-content"))
        return;
      const key = event.key.toLowerCase();
      const back = key === "z" && !event.shiftKey;
      if (!back && key !== "y" && key !== "z") return;
      event.preventDefault();
      event.stopPropagation();
      const { undo, redo } = useDraft.getState();
      if (back) undo();
      else redo();
    };
    window.addEventListener("keydown", onKey, true);
    return () => window.removeEventListener("keydown", onKey, true);
  }, []);
}
