// Servers that play a role, by their host: what is sent to one on this machine does not leave it.

/** Whether the host, with a port or without, is this machine itself. */
export function isThisMachine(host: string): boolean {
  const name = host.replace(/:\d+$/, "").toLowerCase();
  return /^(localhost|.*\.localhost|127(\.\d{1,3}){3}|\[::1\]|::1)$/.test(name);
}

/** The host of a model's address; undefined for a file. */
export function hostOf(path: string): string | undefined {
  return /^https?:\/\//.test(path) && URL.canParse(path) ? new URL(path).host : undefined;
}
