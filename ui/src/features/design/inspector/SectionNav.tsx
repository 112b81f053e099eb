import { m } from "@/paraglide/messages.js";
import { type SectionName, useSections } from "./sections";

const TITLES: Record<SectionName, () => string> = {
  join: () => m.join_short(),
  prompt: () => m.prompt(),
  context: () => m.context_title(),
  parameters: () => m.parameters(),
  gate: () => m.gate(),
  inputs: () => m.insp_inputs(),
  files: () => m.files(),
  preview: () => m.preview_title(),
};

/** Leads to the parts of the inspector, which together are longer than the window. */
export function SectionNav({ names }: { names: SectionName[] }) {
  const show = useSections((state) => state.show);
  return (
    <nav className="section-nav" aria-label={m.insp_parts()}>
      {names.map((name) => (
        <button type="button" key={name} data-testid={`go-${name}`} onClick={() => show(name)}>
          {TITLES[name]()}
        </button>
      ))}
    </nav>
  );
}
