import type { InstalledModel } from '../../ports/installed-model'
import { existsSync } from 'node:fs'
import { AppError } from '../../lib/app-error'
import { Emitter } from '../../lib/emitter'

/** Ids of models, told just before a native library opens their files: on a broken file it may end the process. */
export const opening = new Emitter<string>()

/** The path of a role's file. Throws `model-missing` when the model has no such role or the file is not there. */
export function modelFile(model: InstalledModel, role: string): string {
  const path = model.files[role]
  if (path === undefined || !existsSync(path))
    throw new AppError('model-missing', `A file of a model is not there: ${model.id}, ${role}.`, { params: { model: model.id, file: path ?? role } })
  return path
}
