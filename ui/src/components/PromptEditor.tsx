import { autocompletion, type CompletionContext, completionKeymap } from "@codemirror/autocomplete";
import { defaultKeymap, history, historyKeymap } from "@codemirror/commands";
import { EditorState } from "@codemirror/state";
import {
  Decoration,
  type DecorationSet,
  EditorView,
  keymap,
  MatchDecorator,
  placeholder,
  ViewPlugin,
  type ViewUpdate,
} from "@codemirror/view";
import { useEffect, useRef } from "react";
import { m } from "@/paraglide/messages.js";

interface PromptEditorProps {
  value: string;
  onChange: (value: string) => void;
  label: string;
  /** Dotted paths that a `{{ variable }}` may name here; others are marked as unknown. */
  variables: string[];
  /** What stands in the empty editor. */
  empty?: string;
}

/** `{{ dotted.path }}` not preceded by `$`, the only form that is a variable. */
const VARIABLE = /(?<!\$)\{\{\s*([\w-]+(?:\.[\w-]+)*)\s*\}\}/g;

/** An editor for one prompt that marks its variables and completes their names after `{{`. */
export function PromptEditor({
  value,
  onChange,
  label,
  variables,
  empty = m.prompt_placeholder(),
}: PromptEditorProps) {
  const host = useRef<HTMLDivElement>(null);
  const view = useRef<EditorView>(null);
  const change = useRef(onChange);
  change.current = onChange;
  const known = variables.join("\n");

  // biome-ignore lint/correctness/useExhaustiveDependencies: the text is synchronised below without rebuilding the editor.
  useEffect(() => {
    const names = known.split("\n").filter(Boolean);
    const editor = new EditorView({
      parent: host.current as HTMLDivElement,
      state: EditorState.create({
        doc: view.current?.state.doc ?? value,
        extensions: [
          history(),
          // Ctrl+Enter runs the pipeline, so the editor must not insert a line for it.
          keymap.of([
            ...completionKeymap,
            ...defaultKeymap.filter((key) => key.key !== "Mod-Enter"),
            ...historyKeymap,
          ]),
          EditorView.lineWrapping,
          placeholder(empty),
          variableMarks(new Set(names)),
          autocompletion({ override: [completeVariable(names)], icons: false }),
          EditorView.contentAttributes.of({ "aria-label": label, spellcheck: "false" }),
          EditorView.updateListener.of((update) => {
            if (update.docChanged) change.current(update.state.doc.toString());
          }),
        ],
      }),
    });
    view.current = editor;
    return () => editor.destroy();
  }, [known, label, empty]);

  useEffect(() => {
    const editor = view.current;
    if (!editor || editor.state.doc.toString() === value) return;
    editor.dispatch({ changes: { from: 0, to: editor.state.doc.length, insert: value } });
  }, [value]);

  return <div ref={host} className="prompt-editor" />;
}

function variableMarks(known: Set<string>) {
  const matcher = new MatchDecorator({
    regexp: VARIABLE,
    decoration: ([, path]) =>
      Decoration.mark(
        known.has(path ?? "")
          ? { class: "cm-variable" }
          : {
              class: "cm-variable cm-variable-unknown",
              attributes: { title: m.variable_unknown({ path: path ?? "" }) },
            },
      ),
  });
  return ViewPlugin.fromClass(
    class {
      marks: DecorationSet;
      constructor(view: EditorView) {
        this.marks = matcher.createDeco(view);
      }
      update(update: ViewUpdate) {
        this.marks = matcher.updateDeco(update, this.marks);
      }
    },
    { decorations: (plugin) => plugin.marks },
  );
}

function completeVariable(names: string[]) {
  return (context: CompletionContext) => {
    const before = context.matchBefore(/\{\{\s*[\w.-]*/);
    if (!before) return null;
    const open = before.text.match(/^\{\{\s*/)?.[0].length ?? 2;
    const closed = context.state
      .sliceDoc(context.pos, context.pos + 3)
      .trimStart()
      .startsWith("}}");
    return {
      from: before.from + open,
      options: names.map((label) => ({ label, apply: closed ? label : `${label} }}` })),
      validFor: /^[\w.-]*$/,
    };
  };
}
