// Writes the commands of a log again with the official libraries. Argument: the folder of the packages; standard input: one command a
// line. What comes out is the same where the commands are right.
const [packages] = process.argv.slice(2)
const { TaskCommand, commandFromString } = require(`${packages}/azure-pipelines-task-lib/taskcommand`)
const core = require(`${packages}/@actions/core`)

const decoded = (text) => text.replace(/%0A/g, '\n').replace(/%0D/g, '\r').replace(/%3A/g, ':').replace(/%2C/g, ',').replace(/%25/g, '%')
for (const line of require('node:fs').readFileSync(0, 'utf8').split('\n').filter((line) => line)) {
  if (line.startsWith('##vso[')) {
    const { command, properties, message } = commandFromString(line)
    console.log(new TaskCommand(command, properties, message).toString())
    continue
  }
  const [, severity, properties, message] = /^::(error|warning)(?: ([^:]*))?::(.*)$/.exec(line)
  const { file, line: startLine, col: startColumn } = Object.fromEntries((properties ?? '').split(',').map((pair) => pair.split('=')))
  core[severity](decoded(message), file ? { file: decoded(file), startLine, startColumn } : {})
}
