import type { EnginePart } from '../../ports/route'

/** In so many turns without it a failure is forgotten: then it is worth another try. */
const FORGOTTEN_TURNS = 6
/** A success takes away this share of what counts against it. */
const FORGIVEN = 0.5
/** Two count as failing; more would only make it longer until it is forgiven. */
const MOST = 3

interface Record {
  weight: number
  turn: number
}

/** Recent failures of a service at a part, in failures: 1 just after one, less with each success and each turn without it. Pure. */
export class FailureBook {
  readonly #records = new Map<string, Record>()

  failed(serviceId: string, part: EnginePart, turn: number): void {
    this.#records.set(idOf(serviceId, part), { weight: Math.min(MOST, this.weight(serviceId, part, turn) + 1), turn })
  }

  succeeded(serviceId: string, part: EnginePart, turn: number): void {
    const weight = this.weight(serviceId, part, turn) * FORGIVEN
    if (weight < 0.05)
      this.#records.delete(idOf(serviceId, part))
    else
      this.#records.set(idOf(serviceId, part), { weight, turn })
  }

  weight(serviceId: string, part: EnginePart, turn: number): number {
    const record = this.#records.get(idOf(serviceId, part))
    if (!record)
      return 0
    const unused = Math.max(0, turn - record.turn - 1)
    return record.weight * Math.max(0, 1 - unused / FORGOTTEN_TURNS)
  }

  settingsChanged(serviceId: string): void {
    for (const part of ['asr', 'chat', 'tts'] as const)
      this.#records.delete(idOf(serviceId, part))
  }
}

function idOf(serviceId: string, part: EnginePart): string {
  return `${part}\n${serviceId}`
}
