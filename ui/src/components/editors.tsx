// The editors, which are a third of the page and on few of its first screens: loaded where one is shown. Until then its text stands in
// a box of the same size.
import { lazily } from "./lazily";

export const PromptEditor = lazily(
  () => import("./PromptEditor").then((part) => part.PromptEditor),
  ({ value, label, testId }) => (
    <div className="prompt-editor" data-testid={testId} aria-busy>
      <pre className="editor-waiting" title={label}>
        {value}
      </pre>
    </div>
  ),
);

export const TextEditor = lazily(
  () => import("./TextEditor").then((part) => part.TextEditor),
  ({ start, label, testId }) => (
    <div className="text-editor" data-testid={testId} aria-busy>
      <pre className="editor-waiting" title={label}>
        {start}
      </pre>
    </div>
  ),
);

export const ContextJson = lazily(
  () => import("./ContextJson").then((part) => part.ContextJson),
  ({ value, label }) => (
    <div className="prompt-editor json-editor" aria-busy>
      <pre className="editor-waiting" title={label}>
        {JSON.stringify(value, null, 2)}
      </pre>
    </div>
  ),
);
