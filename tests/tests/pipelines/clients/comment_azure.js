// Runs the template's comment step against a pull request of Azure Repos that this file serves. Arguments: the script, and a JSON list
// of { environment, folder }. Prints the threads that are left.
const http = require('node:http')
const { spawn } = require('node:child_process')
const { readFileSync } = require('node:fs')
const [scriptFile, runs] = process.argv.slice(2)

const thread = (id, author, content) => ({ id, comments: [{ id: 1, author: { id: author }, content }] })
// A thread of the service itself has no text; somebody else has copied the mark of ours.
const threads = [thread(1, 'system', undefined), thread(2, 'stranger', '<!-- sesam-deployer test -->\nnot ours')]
const base = '/acme/project-id/_apis/git/repositories/repository-id/pullRequests/7/threads'

function answer(request, body) {
  const { method, headers } = request
  const { pathname, searchParams } = new URL(request.url, 'http://localhost')
  if (headers.authorization !== 'Bearer the-token') return [401, {}]
  if (method === 'GET' && pathname === '/acme/_apis/connectionData') return [200, { authenticatedUser: { id: 'me' } }]
  if (searchParams.get('api-version') !== '7.1') return [400, {}]
  if (method === 'GET' && pathname === base) return [200, { value: threads }]
  if (method === 'POST' && pathname === base) {
    threads.push({ ...thread(threads.length + 1, 'me', body.comments[0].content), status: body.status })
    return [200, {}]
  }
  const edited = new RegExp(`^${base}/(\\d+)/comments/1$`).exec(pathname)
  if (method === 'PATCH' && edited) {
    threads.find((thread) => thread.id === Number(edited[1])).comments[0].content = body.content
    return [200, {}]
  }
  return [404, {}]
}

const server = http.createServer(async (request, response) => {
  const chunks = []
  for await (const chunk of request) chunks.push(chunk)
  const [status, document] = answer(request, JSON.parse(Buffer.concat(chunks).toString() || 'null'))
  response.writeHead(status, { 'Content-Type': 'application/json' })
  response.end(JSON.stringify(document))
})

server.listen(0, '127.0.0.1', async () => {
  for (const run of JSON.parse(runs)) {
    const env = {
      PATH: process.env.PATH,
      DEPLOYER_ENVIRONMENT: run.environment,
      AGENT_TEMPDIRECTORY: run.folder,
      SYSTEM_ACCESSTOKEN: 'the-token',
      SYSTEM_COLLECTIONURI: `http://127.0.0.1:${server.address().port}/acme/`,
      SYSTEM_TEAMPROJECTID: 'project-id',
      BUILD_REPOSITORY_ID: 'repository-id',
      SYSTEM_PULLREQUEST_PULLREQUESTID: '7',
    }
    const bash = spawn('bash', ['--noprofile', '--norc', '-c', readFileSync(scriptFile, 'utf8')], { env, stdio: ['ignore', 'inherit', 'inherit'] })
    const code = await new Promise((resolve) => bash.on('close', resolve))
    if (code !== 0) process.exit(1)
  }
  console.log(JSON.stringify(threads))
  server.close()
})
