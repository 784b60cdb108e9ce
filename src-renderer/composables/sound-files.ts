import { useRouter } from 'vue-router'
import { request } from '../bridge'
import { useNotices } from '../stores/notices'

/** Main takes so many at once. */
const MOST_AT_ONCE = 100

/** Gives sound files to be written down, and shows where that is seen. What lies nowhere on disk (a picture dragged out of a page) is left out. */
export function useSoundFiles(): (files: Iterable<File>) => Promise<void> {
  const router = useRouter()
  const notices = useNotices()
  return async (files) => {
    const paths = Array.from(files, file => window.parley.pathOf(file)).filter(path => path !== '')
    if (paths.length === 0)
      return
    try {
      for (let from = 0; from < paths.length; from += MOST_AT_ONCE)
        await request('files.transcribe', { paths: paths.slice(from, from + MOST_AT_ONCE) })
    }
    catch (error) {
      notices.report(error)
    }
    await router.push({ name: 'dictations' })
  }
}
