// What the prompt editor knows of variables: their marks, their completion, and what is wrong with one that nothing stands for.
import type { CompletionContext, CompletionResult } from "@codemirror/autocomplete";
import { type Diagnostic, linter } from "@codemirror/lint";
import { type Extension, Facet } from "@codemirror/state";
import {
  Decoration,
  type DecorationSet,
  type EditorView,
  hoverTooltip,
  MatchDecorator,
  ViewPlugin,
  type ViewUpdate,
} from "@codemirror/view";

export interface PromptName {
  path: string;
  /** Where its value comes from, in a few words. */
  detail: string;
  /** Its value as far as it is known, for the completion and on hover. */
  value: string;
}

/** A way to put an unknown variable right: another text in its place, or a change elsewhere. */
export interface PromptFix {
  label: string;
  text?: string;
  run?: () => void;
}

export interface PromptNames {
  list: PromptName[];
  find: (path: string) => PromptName | undefined;
  /** What to say of a path that `find` does not know. */
  explain: (path: string) => { message: string; fixes: PromptFix[] };
}

/** `{{ dotted.path }}` not preceded by `$`, the only form that is a variable. */
const VARIABLE = /(?<!\$)\{\{[ \t]*([\p{L}\p{N}_-]+(?:\.[\p{L}\p{N}_-]+)*)[ \t]*\}\}/gu;

const NOTHING: PromptNames = {
  list: [],
  find: () => undefined,
  explain: () => ({ message: "", fixes: [] }),
};

const namesFacet = Facet.define<PromptNames, PromptNames>({ combine: (all) => all[0] ?? NOTHING });

/** Gives the editor its names; put into a compartment, they can change while it is used. */
export const showNames = (names: PromptNames): Extension => namesFacet.of(names);

const matcher = new MatchDecorator({
  regexp: VARIABLE,
  decoration: ([, path], view) =>
    view.state.facet(namesFacet).find(path ?? "")
      ? Decoration.mark({ class: "cm-variable" })
      : Decoration.mark({ class: "cm-variable cm-variable-unknown" }),
});

const marks = ViewPlugin.fromClass(
  class {
    marks: DecorationSet;
    constructor(view: EditorView) {
      this.marks = matcher.createDeco(view);
    }
    update(update: ViewUpdate) {
      const renamed = update.startState.facet(namesFacet) !== update.state.facet(namesFacet);
      this.marks = renamed ? matcher.createDeco(update.view) : matcher.updateDeco(update, this.marks);
    }
  },
  { decorations: (plugin) => plugin.marks },
);

/** The variable of `text` that covers `at`. */
function variableAt(text: string, at: number) {
  for (const match of text.matchAll(VARIABLE))
    if (match.index <= at && at <= match.index + match[0].length)
      return { from: match.index, to: match.index + match[0].length, path: match[1] ?? "" };
  return undefined;
}

/** Says on hover what a known variable stands for; an unknown one is explained by the linter. */
const hover = hoverTooltip((view, at) => {
  const line = view.state.doc.lineAt(at);
  const found = variableAt(line.text, at - line.from);
  const name = found && view.state.facet(namesFacet).find(found.path);
  if (!found || !name) return null;
  return {
    pos: line.from + found.from,
    end: line.from + found.to,
    above: true,
    create: () => ({ dom: described(name) }),
  };
});

function described({ path, detail, value }: PromptName): HTMLElement {
  const box = document.createElement("div");
  box.className = "cm-variable-tip";
  const add = (tag: string, text: string) => {
    const part = box.appendChild(document.createElement(tag));
    part.textContent = text;
  };
  add("code", path);
  add("small", detail);
  if (value) add("p", value);
  return box;
}

export const variableMarks: Extension = [marks, hover];

export const lintVariables: Extension = linter(
  (view) => {
    const names = view.state.facet(namesFacet);
    const found: Diagnostic[] = [];
    for (const match of view.state.doc.toString().matchAll(VARIABLE)) {
      const path = match[1] ?? "";
      if (names.find(path)) continue;
      const { message, fixes } = names.explain(path);
      found.push({
        from: match.index,
        to: match.index + match[0].length,
        severity: "warning",
        message,
        actions: fixes.map(({ label, text, run }) => ({
          name: label,
          apply: (editor, from, to) => {
            if (text !== undefined) editor.dispatch({ changes: { from, to, insert: text } });
            run?.();
          },
        })),
      });
    }
    return found;
  },
  {
    delay: 300,
    needsRefresh: (update) => update.startState.facet(namesFacet) !== update.state.facet(namesFacet),
  },
);

/** Completes names after `{{`, each with where it comes from and what it stands for. */
export function completeVariables(context: CompletionContext): CompletionResult | null {
  const before = context.matchBefore(/\{\{[ \t]*[\p{L}\p{N}_.-]*/u);
  if (!before) return null;
  const open = before.text.match(/^\{\{[ \t]*/)?.[0].length ?? 2;
  const closed = context.state
    .sliceDoc(context.pos, context.pos + 3)
    .trimStart()
    .startsWith("}}");
  return {
    from: before.from + open,
    options: context.state.facet(namesFacet).list.map((name) => ({
      label: name.path,
      detail: name.detail,
      ...(name.value !== "" && { info: () => described(name) }),
      apply: closed ? name.path : `${name.path} }}`,
    })),
    validFor: /^[\p{L}\p{N}_.-]*$/u,
  };
}
