// What the doctor looked at, in the window's language; words of a kind that is not known here stay as they came.
import type { Finding } from "@/api/getModels";
import { m } from "@/paraglide/messages.js";

/** Titles that name a thing. */
const NAMING: Record<string, (inputs: { name: string }) => string> = {
  gpu: m.doctor_title_gpu,
  module: m.doctor_title_module,
  role: m.doctor_title_role,
  role_spread: m.doctor_title_role,
  folder: ({ name }) => FOLDERS[name]?.() ?? "",
};

const FOLDERS: Record<string, () => string> = {
  data: () => m.doctor_title_data_folder(),
  models: () => m.doctor_title_models_folder(),
};

const TITLES: Record<string, () => string> = {
  database: () => m.doctor_title_database(),
  gpu_unused: () => m.doctor_title_gpu_unused(),
  memory: () => m.doctor_title_memory(),
  model_files: () => m.doctor_title_model_files(),
  processor: () => m.doctor_title_processor(),
  secrets: () => m.doctor_title_secrets(),
  worker: () => m.doctor_title_worker(),
};

export function findingTitle({ code, title, name }: Finding): string {
  const own = name == null ? TITLES[code]?.() : NAMING[code]?.({ name });
  return own || title;
}
