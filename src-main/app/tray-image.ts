import type { PipelineState } from '../contract'

export interface TrayView {
  readonly state: PipelineState
  readonly listeningPaused: boolean
}

/**
 * The icon's file under `resources/icons`. One set for every panel: no system tells reliably whether its panel is light or dark
 * (the colours of its windows say nothing about it), so each icon brings its own ground, and a shape of its own.
 */
export function trayImage({ state, listeningPaused }: TrayView): string {
  return `tray/${listeningPaused ? 'paused' : state}.png`
}
