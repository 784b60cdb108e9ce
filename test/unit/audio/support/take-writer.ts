import process from 'node:process'
import { TakeRecorder } from '../../../../src-main/audio/take-recorder'

/** Records counted frames at the pace of a microphone (ten times as fast) and tells each one before it is written. */
async function main(path: string): Promise<void> {
  const recorder = new TakeRecorder(path)
  await recorder.start()
  for (let n = 0; ; n++) {
    process.send?.(n)
    void recorder.append(new Int16Array(320).fill(n + 1))
    await new Promise(resolve => setTimeout(resolve, 2))
  }
}

void main(process.argv[2] as string)
