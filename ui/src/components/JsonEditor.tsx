import { defaultKeymap, history, historyKeymap } from "@codemirror/commands";
import { json } from "@codemirror/lang-json";
import { syntaxHighlighting } from "@codemirror/language";
import { type Diagnostic, linter } from "@codemirror/lint";
import { EditorState } from "@codemirror/state";
import { EditorView, keymap, lineNumbers } from "@codemirror/view";
import { classHighlighter } from "@lezer/highlight";
import { useEffect, useRef } from "react";
import { m } from "@/paraglide/messages.js";
import { changeTo } from "./editorText";
import { jsonFault } from "./jsonFault";

interface JsonEditorProps {
  value: string;
  onChange: (value: string) => void;
  label: string;
}

/** An editor for JSON that underlines a fault at its place. What is typed may be no JSON for a while, so it has an undo of its own. */
export function JsonEditor({ value, onChange, label }: JsonEditorProps) {
  const host = useRef<HTMLDivElement>(null);
  const view = useRef<EditorView>(null);
  const change = useRef(onChange);
  change.current = onChange;

  // biome-ignore lint/correctness/useExhaustiveDependencies: the text is synchronised below without rebuilding the editor.
  useEffect(() => {
    const editor = new EditorView({
      parent: host.current as HTMLDivElement,
      state: EditorState.create({
        doc: value,
        extensions: [
          history(),
          lineNumbers(),
          keymap.of([...defaultKeymap.filter((key) => key.key !== "Mod-Enter"), ...historyKeymap]),
          EditorView.lineWrapping,
          json(),
          syntaxHighlighting(classHighlighter),
          linter((shown) => faultsOf(shown.state.doc.toString()), { delay: 200 }),
          EditorView.contentAttributes.of({ "aria-label": label, spellcheck: "false" }),
          EditorView.updateListener.of((update) => {
            if (update.docChanged) change.current(update.state.doc.toString());
          }),
        ],
      }),
    });
    view.current = editor;
    return () => editor.destroy();
  }, [label]);

  useEffect(() => {
    const editor = view.current;
    const changes = editor && changeTo(editor.state.doc.toString(), value);
    if (changes) editor.dispatch({ changes });
  }, [value]);

  return <div ref={host} className="prompt-editor json-editor" />;
}

function faultsOf(text: string): Diagnostic[] {
  const fault = jsonFault(text);
  if (!fault) return [];
  return [
    {
      from: fault.from,
      to: Math.max(fault.to, fault.from),
      severity: "error",
      message: m.json_fault(),
    },
  ];
}
