/** Whether all that the arguments choose are unit tests, which need neither display nor sound nor models. */
export function choosesUnitTestsOnly(args) {
  const paths = args.filter(argument => /^(?:\.\/)?test\//.test(argument))
  const projects = args.flatMap((argument, index) => {
    if (argument.startsWith('--project='))
      return [argument.slice('--project='.length)]
    return argument === '--project' && args[index + 1] ? [args[index + 1]] : []
  })
  if (projects.length > 0)
    return projects.every(project => project === 'unit')
  return paths.length > 0 && paths.every(path => /^(?:\.\/)?test\/(?:unit|architecture)/.test(path))
}
