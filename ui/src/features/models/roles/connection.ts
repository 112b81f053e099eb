// What the user has entered of a server, and what of it can be sent.
import type { RemoteBinding, RemoteCheckView, RemoteView, RoleView } from "@/api/models";
import { m } from "@/paraglide/messages.js";

export interface Entered {
  address: string;
  key: string;
  model: string;
  timeout_s: number | null;
  retries: number | null;
  /** Unencrypted although the address is public. */
  insecure: boolean;
}

export const entered = (remote: RemoteView | null | undefined): Entered => ({
  address: remote?.base_url ?? "",
  key: "",
  model: remote?.model ?? "",
  timeout_s: remote?.timeout_s ?? null,
  retries: remote?.retries ?? null,
  insecure: remote?.allow_insecure ?? false,
});

/** Whether the question about unencrypted text arises: over http to what is not plainly this machine. */
export function isUnencrypted(address: string): boolean {
  return /^\s*http:\/\//i.test(address) && !/^\s*http:\/\/(localhost|127\.|\[::1\])/i.test(address);
}

export const bindingOf = ({ address, model, timeout_s, retries, insecure }: Entered): RemoteBinding => ({
  base_url: address.trim(),
  model: model.trim(),
  ...(timeout_s !== null && { timeout_s }),
  ...(retries !== null && { retries }),
  ...(insecure && isUnencrypted(address) && { allow_insecure: true }),
});

/** The model to begin with when a server has listed its own: the one that was named, or the only one. */
export function likelyModel(models: RemoteCheckView["models"], named: string): string {
  if (models.length === 0 || models.some(({ id }) => id === named)) return named;
  return models.length === 1 ? (models[0]?.id ?? "") : "";
}

/** Whether a key is kept for the server whose address is entered. */
export const hasKey = ({ binding }: RoleView, address: string): boolean =>
  binding.remote?.has_key === true && binding.remote.base_url === address.trim();

const names: Record<RemoteCheckView["server"], () => string> = {
  llama_cpp: () => "llama.cpp",
  ollama: () => "Ollama",
  vllm: () => "vLLM",
  lm_studio: () => "LM Studio",
  unknown: () => m.server_unknown(),
};

export const serverName = (server: RemoteCheckView["server"]): string => (names[server] ?? names.unknown)();
