/**
 * What the system's privacy settings say about this program and the microphone. A microphone that is denied there opens
 * all the same on some systems and gives silence, so this is asked before.
 */
export interface MicrophoneAccess {
  /** `undecided`: the person was not asked yet. `unknown`: the system keeps no such list. Cheap: asked at each take. */
  readonly state: () => 'granted' | 'denied' | 'undecided' | 'unknown'
  /** Lets the system ask the person; resolves when there is an answer. */
  readonly request: () => Promise<void>
  /** Where in the system it is allowed, as a sentence. */
  readonly advice: string
}
