/** What the system tells of the machine's memory, in bytes. */
export interface MachineMemory {
  total_bytes?: number | null;
  available_bytes?: number | null;
  /** What models hold that are in memory now. */
  held_bytes: number;
}

/** What models can have of the memory, since those in it give way; undefined where the system does not tell. */
export function memoryRoom({ total_bytes, available_bytes, held_bytes }: MachineMemory): number | undefined {
  if (available_bytes == null) return undefined;
  return Math.min(available_bytes + held_bytes, total_bytes ?? Number.POSITIVE_INFINITY);
}
