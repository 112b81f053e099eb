import { autocompletion, completionKeymap } from "@codemirror/autocomplete";
import { defaultKeymap } from "@codemirror/commands";
import { forceLinting, lintKeymap } from "@codemirror/lint";
import { Compartment, EditorState } from "@codemirror/state";
import { EditorView, keymap, placeholder } from "@codemirror/view";
import { useEffect, useRef } from "react";
import { m } from "@/paraglide/messages.js";
import { changeTo } from "./editorText";
import {
  completeVariables,
  lintVariables,
  type PromptNames,
  showNames,
  variableMarks,
} from "./promptVariables";

interface PromptEditorProps {
  value: string;
  onChange: (value: string) => void;
  label: string;
  /** What a `{{ variable }}` may name here, and what is wrong with one that it may not. */
  names: PromptNames;
  /** What stands in the empty editor. */
  empty?: string;
  testId?: string;
}

/**
 * An editor for one prompt: marks its variables, completes their names after `{{`, and underlines those that nothing stands for. It has
 * no undo of its own: the prompt is part of the pipeline, whose history covers it.
 */
export function PromptEditor({
  value,
  onChange,
  label,
  names,
  empty = m.prompt_placeholder(),
  testId,
}: PromptEditorProps) {
  const host = useRef<HTMLDivElement>(null);
  const view = useRef<EditorView>(null);
  const known = useRef(new Compartment());
  const change = useRef(onChange);
  change.current = onChange;

  // biome-ignore lint/correctness/useExhaustiveDependencies: text and names are put into the running editor below.
  useEffect(() => {
    const editor = new EditorView({
      parent: host.current as HTMLDivElement,
      state: EditorState.create({
        doc: value,
        extensions: [
          // Ctrl+Enter runs the pipeline, so the editor must not insert a line for it.
          keymap.of([
            ...completionKeymap,
            ...lintKeymap.filter((key) => key.key === "F8"),
            ...defaultKeymap.filter((key) => key.key !== "Mod-Enter"),
          ]),
          EditorView.lineWrapping,
          placeholder(empty),
          known.current.of(showNames(names)),
          variableMarks,
          lintVariables,
          autocompletion({ override: [completeVariables], icons: false }),
          EditorView.contentAttributes.of({ "aria-label": label, spellcheck: "false" }),
          EditorView.updateListener.of((update) => {
            const text = update.docChanged && update.state.doc.toString();
            if (text !== false) change.current(text);
          }),
        ],
      }),
    });
    view.current = editor;
    return () => editor.destroy();
  }, [label, empty]);

  useEffect(() => {
    const editor = view.current;
    const changes = editor && changeTo(editor.state.doc.toString(), value);
    if (changes) editor.dispatch({ changes });
  }, [value]);

  useEffect(() => {
    const editor = view.current;
    if (!editor) return;
    editor.dispatch({ effects: known.current.reconfigure(showNames(names)) });
    forceLinting(editor);
  }, [names]);

  return <div ref={host} className="prompt-editor" data-testid={testId} />;
}
