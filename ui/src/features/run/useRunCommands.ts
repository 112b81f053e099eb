import { toast } from "sonner";
import { allSteps, isAtRest } from "@/api/runView";
import type { RunView } from "@/api/types";
import { type Command, useCommands } from "@/components/commands";
import { m } from "@/paraglide/messages.js";
import { canEditOutput } from "./held";
import type { RereadFiles } from "./useRereadFiles";
import type { RunAgain } from "./useRunAgain";
import type { Selection } from "./useSelection";
import type { Steering } from "./useSteering";

interface Doing {
  steering: Steering;
  again: RunAgain;
  reread: RereadFiles | undefined;
  selection: Selection;
  onEdit: () => void;
  onRerun: () => void;
  onCompare: () => void;
  onExport: () => void;
}

/** Everything that can be done with the run, for the palette and the keys. */
export function useRunCommands(run: RunView, doing: Doing): void {
  const { steering, again, reread, selection } = doing;
  const { pause, resume, cancel } = steering;
  const steps = allSteps(run);
  const places = [...steps.map((step) => step.position), "final" as const];
  const at = places.indexOf(selection.selected);
  const step = steps.find((one) => one.position === selection.selected);
  const move = (by: number) => {
    const next = places[at + by];
    if (next !== undefined) selection.pick(next);
  };
  const copy = () =>
    navigator.clipboard.writeText(step?.result ?? run.assembled_code).then(
      () => toast.success(m.copied()),
      () => toast.error(m.copy_failed()),
    );
  const rest = isAtRest(run);
  const commands: (Command | false | undefined)[] = [
    pause && {
      id: "run.pause",
      title: run.status === "RUNNING" ? m.pause_after_step() : m.pause(),
      group: "here",
      keys: "p",
      disabled: pause.disabled || pause.busy,
      run: pause.run,
    },
    resume && {
      id: "run.resume",
      title: m.resume(),
      group: "here",
      keys: "p",
      disabled: resume.busy,
      run: resume.run,
    },
    cancel && {
      id: "run.cancel",
      title: m.cancel_run(),
      group: "here",
      keys: "mod+.",
      disabled: cancel.busy,
      run: cancel.run,
    },
    rest && {
      id: "run.again",
      title: m.run_again(),
      group: "here",
      disabled: again.isPending,
      run: () => again.run(),
    },
    rest && { id: "run.rerun", title: m.rerun_changed(), group: "here", keys: "shift+r", run: doing.onRerun },
    reread && {
      id: "run.reread",
      title: m.reread(),
      group: "here",
      disabled: reread.busy,
      run: reread.run,
    },
    rest && { id: "run.edit", title: m.run_edit(), group: "here", run: doing.onEdit },
    {
      id: "run.export",
      title: m.export_open(),
      group: "here",
      keys: "e",
      disabled: run.final_artifacts.length === 0,
      run: doing.onExport,
    },
    { id: "run.compare", title: m.compare_open(), group: "here", keys: "c", run: doing.onCompare },
    {
      id: "run.next-step",
      title: m.run_next_step(),
      group: "view",
      keys: ["j", "alt+arrowdown"],
      disabled: at >= places.length - 1,
      run: () => move(1),
    },
    {
      id: "run.previous-step",
      title: m.run_previous_step(),
      group: "view",
      keys: ["k", "alt+arrowup"],
      disabled: at <= 0,
      run: () => move(-1),
    },
    { id: "run.copy-output", title: m.copy_output(), group: "here", keys: "y", run: copy },
    step !== undefined &&
      canEditOutput(run, step) && {
        id: "run.edit-output",
        title: m.output_edit(),
        group: "here",
        run: () =>
          document
            .querySelector<HTMLButtonElement>('[data-testid="approve-edit"], [data-testid="output-edit"]')
            ?.click(),
      },
  ];
  useCommands(commands.filter((one): one is Command => Boolean(one)));
}
