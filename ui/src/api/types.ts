// The shapes of the orchestrator's API, under the names that the UI uses. They come from the committed OpenAPI document; what is written
// out here is only what that document cannot say, each with its reason. Offsets into outputs are UTF-8 bytes; times in `Timings` are
// milliseconds, `execution_time` is in seconds, stamps are RFC 3339.
import type { components } from "@/bindings/api";

type Schemas = components["schemas"];

export type Role = Schemas["Role"];
export type Status = Schemas["RunStatus"];

/** The document says "anything" where JSON of any shape may stand. */
export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
export type Context = { [key: string]: Json };

// A pipeline is also what the user is still writing. The generated types take a field with a default for one that is always there,
// which is true of answers only, so in the shapes of a pipeline such fields may be absent.
export type Parameters = {
  [Name in keyof Schemas["Parameters"]]?: NonNullable<Schemas["Parameters"][Name]>;
};
export type Gate = Partial<Schemas["Gate"]>;
export type Step = Omit<Schemas["Step"], "parameters" | "context" | "gate"> & {
  parameters?: Parameters;
  context?: Context;
  gate?: Gate;
};
/** Changes to the Assembler; what is absent is as built in. */
export type AssemblerSettings = Omit<Schemas["AssemblerSettings"], "parameters"> & {
  parameters?: Parameters;
};
export type Pipeline = Omit<Schemas["Pipeline"], "steps" | "global_context" | "metadata" | "assembler"> & {
  steps: Step[];
  global_context?: Context;
  metadata?: Context;
  assembler?: AssemblerSettings | null;
};
export type Template = Pipeline & Pick<Schemas["Template"], "id">;

/** A finding of the router's; `own` is one of this window's, whose words are in its language already. */
export type Diagnostic = Schemas["Diagnostic"] & { own?: true };
/** A sentence of the program in a form that can be put into the window's language. */
export type Phrase = Schemas["Phrase"];
/** Answers that are no problem documents, and requests without an answer, are put into this shape too; they have no type. */
export type Problem = Omit<Schemas["Problem"], "type"> & { type?: string };

export type Artifact = Schemas["Artifact"];
/** Whether an artifact parses; lines and columns count from 1. */
export type SyntaxReport = Schemas["SyntaxReport"];
export type SyntaxFault = Schemas["SyntaxError"];
/** What is known of a step's answer beside its artifacts. */
export type StepReport = Schemas["StepReport"];
export type Attempt = Schemas["Attempt"];
export type GateFinding = Attempt["findings"][number];
export type PatchReport = Schemas["PatchReport"];
export type Conflict = Schemas["Conflict"];
export type ResultFault = Schemas["ResultFault"];
export type AssemblyReport = Schemas["AssemblyReport"];
export type FinalChoice = Schemas["FinalChoice"];
export type Timings = Schemas["Timings"];
export type FinishReason = Schemas["FinishReason"];
export type FinalSource = Schemas["FinalArtifactsFrom"];

export type StepView = Schemas["StepView"];
export type RunView = Omit<Schemas["RunView"], "pipeline"> & { pipeline: Pipeline };
export type RunSummary = Schemas["RunSummary"];
export type RunPage = Schemas["RunPage"];
export type QueueView = Schemas["QueueView"];

export type StepOutcome = Schemas["StepOutcome"];
export type RunChange = Schemas["RunChange"];
export type RunEvent = Schemas["RunEvent"];

export type Binding = Schemas["BindingView"];
/** The document calls the name a text, since the specification does; it is always one of the roles. */
export type Model = Omit<Schemas["RoleView"], "name" | "recommended_parameters"> & {
  name: Role;
  recommended_parameters: Parameters;
};
export type ModelFile = Schemas["ModelFileView"];
export type Models = Omit<Schemas["ModelsView"], "models"> & { models: Model[] };

export type Project = Schemas["Project"];
/** The document calls the worker's state a text, so that a new one breaks no client; these are the ones there are. */
export type Health = Omit<Schemas["Health"], "worker"> & {
  worker: Omit<Schemas["WorkerState"], "state"> & { state: "idle" | "loading" | "running" };
};

export type ThemeSetting = Schemas["Theme"];
export type LanguageSetting = Schemas["Language"];
export type Settings = Schemas["Settings"];
export type Retention = Schemas["Retention"];

export type ServerSettings = Schemas["ServerSettings"];
export type ServerView = Schemas["ServerView"];
export type StorageView = Schemas["StorageView"];
export type PruneReport = Schemas["PruneReport"];
export type BackupReport = Schemas["BackupReport"];

/** What a text holds in files, and a file that edits in it may be of. */
export type ExtractedFiles = Schemas["ExtractedFiles"];
export type EarlierFile = Schemas["EarlierFile"];

export type Highlight = Schemas["Highlighted"];

/** The document calls the action a text; these are the ones there are. */
export type ExportAction = "new" | "same" | "changed" | "conflict" | "refused";
export type ExportPlan = Omit<Schemas["ExportPlanView"], "files"> & {
  files: (Omit<Schemas["ExportFileView"], "action"> & { action: ExportAction })[];
};
export type ExportResult = Schemas["ExportResult"];
