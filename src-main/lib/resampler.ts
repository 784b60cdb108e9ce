/** Stop band of the low-pass, in dB below the pass band. */
const ATTENUATION_DB = 80
/** The pass band ends at this part of the lower Nyquist frequency; the stop band begins at Nyquist itself. */
const PASS_BAND = 0.9
/** More distinct phases than this are interpolated from a table of this many, to bound its size for odd ratios. */
const MAX_PHASES = 1024

/**
 * Streaming sample-rate converter for mono 16-bit sound: a windowed-sinc low-pass (Kaiser) in polyphase form.
 * The state crosses calls, so the output does not depend on how the input is cut (resampling blocks in isolation
 * ticks at each border). Cost: `taps` multiplications for each output sample, whatever the ratio.
 *
 * `process` returns what can be computed so far: the output lags by half the filter (4 ms at 44.1/48 → 16 kHz)
 * until `flush`, which returns the rest. All calls together return `ceil(samplesIn * outHz / inHz)` samples.
 */
export class Resampler {
  readonly inHz: number
  readonly outHz: number
  /** Output step in input samples is `#down / #up`, in lowest terms. */
  readonly #up: number
  readonly #down: number
  readonly #half: number
  readonly #table: Float32Array
  readonly #phases: number
  #history: Float32Array
  /** Input samples held, of which the first has the absolute index `#base`. */
  #held = 0
  #base: number
  /** Position of the next output sample: input index and numerator over `#up`. */
  #index = 0
  #numerator = 0
  #received = 0

  constructor(inHz: number, outHz: number) {
    for (const rate of [inHz, outHz]) {
      if (!Number.isInteger(rate) || rate < 1000 || rate > 768_000)
        throw new RangeError(`a sample rate must be 1000 to 768000 Hz, got ${rate}`)
    }
    this.inHz = inHz
    this.outHz = outHz
    const divisor = greatestCommonDivisor(inHz, outHz)
    this.#up = outHz / divisor
    this.#down = inHz / divisor
    const filter = designFilter(inHz, outHz, this.#up)
    this.#half = filter.half
    this.#table = filter.table
    this.#phases = filter.phases
    // The silence before the first sample, so that the filter has a left side.
    this.#base = 1 - this.#half
    this.#held = this.#half - 1
    this.#history = new Float32Array(Math.max(4096, this.#half * 4))
  }

  /** Position of the next output sample on the input's scale, in input samples since the beginning. */
  get position(): number {
    return this.#isIdentity ? this.#received : this.#index + this.#numerator / this.#up
  }

  /** Delay between input and output, in milliseconds. */
  get delayMs(): number {
    return this.#isIdentity ? 0 : (this.#half / this.inHz) * 1000
  }

  get #isIdentity(): boolean {
    return this.#up === this.#down
  }

  process(samples: Int16Array): Int16Array {
    this.#received += samples.length
    if (this.#isIdentity)
      return samples.slice()
    this.#append(samples, samples.length)
    return this.#produce(this.#base + this.#held - this.#half)
  }

  /** Like `process`, without the output and its cost: what comes after is the same. */
  skip(samples: Int16Array): void {
    this.#received += samples.length
    if (this.#isIdentity)
      return
    this.#append(samples, samples.length)
    const numerator = this.#numerator + this.#due(this.#base + this.#held - this.#half) * this.#down
    const whole = Math.floor(numerator / this.#up)
    this.#index += whole
    this.#numerator = numerator - whole * this.#up
    this.#forget()
  }

  /** What is still inside the filter. Afterwards the converter begins anew. */
  flush(): Int16Array {
    if (this.#isIdentity) {
      this.#received = 0
      return new Int16Array(0)
    }
    this.#append(undefined, this.#half)
    const rest = this.#produce(this.#received)
    this.#base = 1 - this.#half
    this.#held = this.#half - 1
    this.#history.fill(0, 0, this.#held)
    this.#index = 0
    this.#numerator = 0
    this.#received = 0
    return rest
  }

  #append(samples: Int16Array | undefined, count: number): void {
    if (this.#held + count > this.#history.length) {
      const grown = new Float32Array(Math.max(this.#history.length * 2, this.#held + count))
      grown.set(this.#history.subarray(0, this.#held))
      this.#history = grown
    }
    if (samples)
      this.#history.set(samples, this.#held)
    else
      this.#history.fill(0, this.#held, this.#held + count)
    this.#held += count
  }

  /** How many output samples have a position before `limit` (absolute input index). */
  #due(limit: number): number {
    const ahead = (limit - this.#index) * this.#up - this.#numerator
    return ahead > 0 ? Math.ceil(ahead / this.#down) : 0
  }

  /** All output samples whose position is before `limit` (absolute input index). */
  #produce(limit: number): Int16Array {
    const count = this.#due(limit)
    const out = new Int16Array(count)
    for (let i = 0; i < count; i++) {
      const value = Math.round(this.#at(this.#index - this.#base, this.#numerator))
      out[i] = value > 32767 ? 32767 : value < -32768 ? -32768 : value
      this.#numerator += this.#down
      const whole = Math.floor(this.#numerator / this.#up)
      this.#index += whole
      this.#numerator -= whole * this.#up
    }
    this.#forget()
    return out
  }

  /** Drops the history that no later output needs. */
  #forget(): void {
    const drop = Math.min(this.#held, this.#index - this.#half + 1 - this.#base)
    if (drop > 0) {
      this.#history.copyWithin(0, drop, this.#held)
      this.#base += drop
      this.#held -= drop
    }
  }

  #at(center: number, numerator: number): number {
    const exact = (numerator / this.#up) * this.#phases
    const phase = Math.floor(exact)
    const here = this.#convolve(center, phase)
    const between = exact - phase
    return between < 1e-9 ? here : here + between * (this.#convolve(center, phase + 1) - here)
  }

  #convolve(center: number, phase: number): number {
    const table = this.#table
    const history = this.#history
    const taps = this.#half * 2
    const row = phase * taps
    const first = center - this.#half + 1
    let sum = 0
    for (let k = 0; k < taps; k++)
      sum += (history[first + k] as number) * (table[row + k] as number)
    return sum
  }
}

/** The whole of a sound at another rate. */
export function resample(samples: Int16Array, inHz: number, outHz: number): Int16Array {
  const resampler = new Resampler(inHz, outHz)
  const head = resampler.process(samples)
  const tail = resampler.flush()
  const all = new Int16Array(head.length + tail.length)
  all.set(head)
  all.set(tail, head.length)
  return all
}

/**
 * Kaiser's formulas (Kaiser 1974): length from attenuation and transition width, beta from attenuation.
 * Row `p` of the table holds `taps = 2 * half` weights for an output `p / phases` of an input sample to the right
 * of the centre; one row more than `phases`, for interpolation. Each row sums to 1, so a constant stays constant.
 */
function designFilter(inHz: number, outHz: number, up: number): { half: number, phases: number, table: Float32Array } {
  const nyquist = Math.min(1, outHz / inHz) / 2
  const transition = nyquist * (1 - PASS_BAND)
  const cutoff = nyquist - transition / 2
  const half = Math.ceil((ATTENUATION_DB - 7.95) / (2.285 * 2 * Math.PI * transition) / 2)
  const beta = 0.1102 * (ATTENUATION_DB - 8.7)
  const phases = Math.min(up, MAX_PHASES)
  const taps = half * 2
  const table = new Float32Array((phases + 1) * taps)
  const scale = 1 / bessel0(beta)
  for (let phase = 0; phase <= phases; phase++) {
    let sum = 0
    const row = new Float64Array(taps)
    for (let k = 0; k < taps; k++) {
      const distance = k - half + 1 - phase / phases
      const inside = 1 - (distance / half) ** 2
      const window = inside > 0 ? bessel0(beta * Math.sqrt(inside)) * scale : 0
      row[k] = 2 * cutoff * sinc(2 * cutoff * distance) * window
      sum += row[k] as number
    }
    for (let k = 0; k < taps; k++)
      table[phase * taps + k] = (row[k] as number) / sum
  }
  return { half, phases, table }
}

function sinc(x: number): number {
  return x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x)
}

/** Modified Bessel function of the first kind, order 0, by its power series. */
function bessel0(x: number): number {
  let sum = 1
  let term = 1
  for (let k = 1; term > sum * 1e-12; k++) {
    term *= (x / (2 * k)) ** 2
    sum += term
  }
  return sum
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b)
}
