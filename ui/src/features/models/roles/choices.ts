// What can be chosen to serve a role.
import type { ModelFileView, RoleView } from "@/api/models";
import type { Option } from "@/components/Choice";
import { formatBytes, formatCount, modelName } from "@/components/format";
import { saidText } from "@/components/said/said";
import { m } from "@/paraglide/messages.js";
import { fileFacts } from "../files/facts";

/** Choices that are no file's id; ids are file names, which have no colon at their start. */
export const CONNECT = ":connect";
export const REMOTE = ":remote";
export const DEFAULT = "default";
export const SCRIPTED = "scripted";
const MORE = ":more";

/** So many files are offered at once; a longer list is no help, and the list of files has a filter. */
const MOST_FILES = 200;

/** The choice that is in force. */
export function chosen({ binding }: RoleView): string {
  if (binding.remote) return REMOTE;
  return binding.simulated ? SCRIPTED : binding.id;
}

/** The server in force, every file, and what needs none. What is bound stays listed when its file has gone. */
export function choices(role: RoleView, files: ModelFileView[]): Option<string>[] {
  const { binding } = role;
  const value = chosen(role);
  // What can run comes first, so that it is not what is left out.
  const sorted = [...files].sort((a, b) => Number(canRun(b)) - Number(canRun(a)));
  const offered = sorted.slice(0, MOST_FILES);
  const rest = sorted.length - offered.length;
  const options = [
    ...(binding.remote
      ? [
          {
            value: REMOTE,
            label: binding.remote.model,
            hint: m.served_by_host({ host: binding.remote.host }),
          },
        ]
      : []),
    ...offered.map(fileOption),
    ...(rest > 0
      ? [
          {
            value: MORE,
            label: m.choice_more({ count: formatCount(rest) }),
            hint: m.choice_more_hint(),
            disabled: true,
          },
        ]
      : []),
    { value: DEFAULT, label: m.choice_default(), hint: m.choice_default_hint() },
    { value: SCRIPTED, label: m.choice_scripted(), hint: m.simulated_explained() },
    { value: CONNECT, label: m.connect_open(), hint: m.connect_open_hint() },
  ];
  if (options.some((option) => option.value === value)) return options;
  return [{ value, label: modelName(value), hint: binding.path || m.model_file_missing() }, ...options];
}

export const canRun = (file: ModelFileView) => file.runnable && !file.problem;

function fileOption(file: ModelFileView): Option<string> {
  const facts = [...fileFacts(file), formatBytes(file.size_bytes)].join(" · ");
  return {
    value: file.id,
    label: modelName(file.id),
    hint: file.problem
      ? saidText(file.problem_phrase, file.problem)
      : file.runnable
        ? facts
        : m.file_not_runnable({ format: file.format }),
    disabled: !canRun(file),
  };
}
