import { existsSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { trayImage } from '../../../src-main/app/tray-image'
import { pipelineStateSchema } from '../../../src-main/contract'

const views = [
  ...pipelineStateSchema.options.map(state => ({ state, listeningPaused: false })),
  { state: 'idle', listeningPaused: true } as const,
]

function luminance(hex: string): number {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => {
    const part = Number.parseInt(hex.slice(at, at + 2), 16) / 255
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4
  })
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue
}

/** WCAG 2.2, relative contrast. */
function contrast(a: string, b: string): number {
  const [low = 0, high = 0] = [luminance(a), luminance(b)].sort((x, y) => x - y)
  return (high + 0.05) / (low + 0.05)
}

describe('the icon near the clock', () => {
  it.each(views)('is there in both sizes: $state, paused: $listeningPaused', (view) => {
    const file = resolve('resources/icons', trayImage(view))
    expect([file, file.replace('.png', '@2x.png')].map(path => existsSync(path))).toEqual([true, true])
  })

  it.each(views)('is seen on a dark and on a light panel: $state, paused: $listeningPaused', (view) => {
    const svg = readFileSync(resolve('resources/icons', trayImage(view).replace('.png', '.svg')), 'utf8')
    const ground = /<rect x="1"[^>]*fill="(#[0-9a-f]{6})"/.exec(svg)?.[1] ?? ''
    expect(['#1e1e1e', '#f2f2f2', '#ffffff'].filter(other => !(contrast(ground, other) >= 3))).toEqual([])
  })

  it('tells the states apart by their shapes', () => {
    const shape = (state: string): string => readFileSync(resolve(`resources/icons/tray/${state}.svg`), 'utf8').replace(/#[0-9a-f]{6}/g, '')
    expect(new Set(['idle', 'listening', 'thinking', 'speaking', 'failed', 'paused'].map(shape)).size).toBe(6)
  })
})
