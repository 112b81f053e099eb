import type { RemoteCheckView } from "@/api/models";
import { Select } from "@/components/Choice";
import { formatCount } from "@/components/format";
import { m } from "@/paraglide/messages.js";

interface ServerModelFieldProps {
  /** What the server answered, once it has. */
  answer: RemoteCheckView | undefined;
  model: string;
  onChange: (model: string) => void;
}

/** One of the server's models; its name is typed where the server lists none. */
export function ServerModelField({ answer, model, onChange }: ServerModelFieldProps) {
  const models = answer?.models ?? [];
  if (models.length === 0)
    return (
      <label className="field">
        <span>{m.connect_model()}</span>
        <input
          className="input mono"
          value={model}
          placeholder={m.connect_model_placeholder()}
          autoComplete="off"
          spellCheck={false}
          data-testid="connect-model"
          onChange={(event) => onChange(event.target.value)}
        />
      </label>
    );
  const isListed = models.some(({ id }) => id === model);
  const options = models.map(({ id, context_length }) => ({
    value: id,
    label: id,
    hint: context_length == null ? undefined : m.fit_context({ count: formatCount(context_length) }),
  }));
  return (
    <div className="field">
      <span>{m.connect_model()}</span>
      <Select
        label={m.connect_model()}
        value={model}
        options={
          isListed ? options : [{ value: model, label: m.connect_model_choose(), disabled: true }, ...options]
        }
        onChange={onChange}
        testId="connect-model"
      />
    </div>
  );
}
