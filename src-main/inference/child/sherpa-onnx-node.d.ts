/** What Parley uses of the addon, which ships JSDoc but no declarations. */
declare module 'sherpa-onnx-node' {
  export interface SherpaWaveform {
    readonly samples: Float32Array
    readonly sampleRate: number
  }

  export interface SherpaOfflineStream {
    acceptWaveform: (waveform: SherpaWaveform) => void
  }

  export interface SherpaOfflineResult {
    readonly text: string
    readonly tokens?: readonly string[]
    readonly timestamps?: readonly number[]
    readonly lang?: string
  }

  export class OfflineRecognizer {
    static createAsync(config: unknown): Promise<OfflineRecognizer>
    createStream(): SherpaOfflineStream
    decodeAsync(stream: SherpaOfflineStream): Promise<SherpaOfflineResult>
  }

  export class Vad {
    constructor(config: unknown, bufferSizeInSeconds: number)
    acceptWaveform(samples: Float32Array): void
    isEmpty(): boolean
    isDetected(): boolean
    pop(): void
    clear(): void
    front(enableExternalBuffer?: boolean): { readonly start: number, readonly samples: Float32Array }
    reset(): void
    flush(): void
  }

  export interface SherpaTtsRequest {
    readonly text: string
    readonly sid: number
    readonly speed: number
    readonly enableExternalBuffer: boolean
    readonly generationConfig?: unknown
    readonly onProgress?: (info: { readonly samples: Float32Array, readonly progress: number }) => boolean | number | void
  }

  export class OfflineTts {
    static createAsync(config: unknown): Promise<OfflineTts>
    readonly sampleRate: number
    readonly numSpeakers: number
    generateAsync(request: SherpaTtsRequest): Promise<SherpaWaveform>
  }

  const sherpa: {
    OfflineRecognizer: typeof OfflineRecognizer
    OfflineTts: typeof OfflineTts
    Vad: typeof Vad
  }
  export default sherpa
}
