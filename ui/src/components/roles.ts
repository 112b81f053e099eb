// What tells the four roles apart: an icon and a hue each, beside their name.
import { Blocks, Code2, type LucideIcon, ScanSearch, WandSparkles } from "lucide-react";
import type { Parameters, Role } from "@/api/types";
import { m } from "@/paraglide/messages.js";

export const STEP_ROLES: Role[] = ["CodeLlama", "CodeGemma", "T5Gemma"];

interface RoleLook {
  icon: LucideIcon;
  /** Class that sets `--role` and `--role-soft`. */
  hue: string;
  /** What the role is for, in the page's language. */
  about: () => string;
  /** The specification's recommendation for this stage, used until the models' own have loaded. */
  parameters: Required<Pick<Parameters, "temperature" | "max_tokens">>;
}

export const ROLES: Record<Role, RoleLook> = {
  CodeLlama: {
    icon: ScanSearch,
    hue: "role-llama",
    about: () => m.role_about_llama(),
    parameters: { temperature: 0.7, max_tokens: 512 },
  },
  CodeGemma: {
    icon: Code2,
    hue: "role-gemma",
    about: () => m.role_about_gemma(),
    parameters: { temperature: 0.5, max_tokens: 1024 },
  },
  T5Gemma: {
    icon: WandSparkles,
    hue: "role-t5",
    about: () => m.role_about_t5(),
    parameters: { temperature: 0.3, max_tokens: 512 },
  },
  Assembler: {
    icon: Blocks,
    hue: "role-assembler",
    about: () => m.role_about_assembler(),
    parameters: { temperature: 0.3, max_tokens: 2048 },
  },
};
