import type { AudioFrame } from '../../../src-main/ports/audio-frame'
import { createFakeAsr, createFakeChat, createFakeTts } from '../../fakes/fake-engines'
import { describeAsrConformance, describeChatConformance, describeTtsConformance } from '../../support/engine-conformance'

const frames: readonly AudioFrame[] = [{ samples: new Int16Array(6400), sampleRate: 16_000, capturedAtMs: 0 }]

describeChatConformance('scripted', { engine: () => createFakeChat(), messages: [{ role: 'user', content: 'Tell me.' }] })
describeTtsConformance('scripted', { engine: () => createFakeTts() })
describeAsrConformance('scripted', { engine: () => createFakeAsr(), speech: () => frames, heard: /hello/ })
