import process from 'node:process'

/** The same bytes in pieces: whole, byte by byte, or cut at the given places (taken modulo the length). */
export function cutBytes(bytes: Uint8Array, places: readonly number[]): Uint8Array[] {
  const sorted = [...new Set(places.map(place => place % (bytes.length + 1)))].sort((a, b) => a - b)
  return [0, ...sorted].map((from, i) => bytes.subarray(from, sorted[i] ?? bytes.length))
}

export function byteByByte(bytes: Uint8Array): Uint8Array[] {
  return Array.from(bytes, byte => Uint8Array.of(byte))
}

/** In how many random splits each of so many scripts is read: 100,000 in all, or `PARLEY_SPLITS` of each. */
export function splitsEach(scripts: number): number {
  return Number(process.env['PARLEY_SPLITS'] ?? Math.ceil(100_000 / scripts))
}

/** How long so many may take. */
export function splitsLimitMs(count: number): number {
  return 10_000 + count * 2
}

/** Cuts the bytes at up to eight random places, `count` times; the seed is in what `check` throws. */
export function forRandomSplits(bytes: Uint8Array, count: number, check: (pieces: readonly Uint8Array[]) => void): void {
  const seed = Math.floor(Math.random() * 2 ** 32)
  const random = prand(seed)
  for (let run = 0; run < count; run++) {
    const cuts: number[] = []
    for (let left = Math.floor(random() * 9); left > 0; left--)
      cuts.push(Math.floor(random() * (bytes.length + 1)))
    try {
      check(cutBytes(bytes, cuts))
    }
    catch (error) {
      throw new Error(`seed ${seed}, run ${run}, cut at ${cuts.sort((a, b) => a - b).join(', ')}`, { cause: error })
    }
  }
}

/** mulberry32 */
function prand(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6D2B79F5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}
