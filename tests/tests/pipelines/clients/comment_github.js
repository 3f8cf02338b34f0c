// Runs the script of the action's comment step, with the client that `actions/github-script` gives it, against a pull request that
// this file serves. Arguments: the folder of the packages, the script, and a JSON list of { environment, folder, denied }.
// Prints the comments and warnings that are left.
const http = require('node:http')
const { readFileSync } = require('node:fs')
const [packages, scriptFile, runs] = process.argv.slice(2)
const { getOctokit } = require(`${packages}/@actions/github`)

// Somebody else has copied the mark of ours.
const comments = [{ databaseId: 1, author: 'stranger', body: '<!-- sesam-deployer test -->\nnot ours' }]
let denied = false

function answer(method, url, body) {
  if (method === 'POST' && url === '/graphql') {
    const { owner, repo, number, after } = body.variables
    if (`${owner}/${repo}#${number}` !== 'acme/configuration#7') return [404, {}]
    // A page a comment.
    const at = after === null ? 0 : Number(after)
    const nodes = comments.slice(at, at + 1).map(({ databaseId, author, body }) => ({ databaseId, body, viewerDidAuthor: author === 'me' }))
    const pageInfo = { hasNextPage: at + 1 < comments.length, endCursor: String(at + 1) }
    return [200, { data: { repository: { pullRequest: { comments: { nodes, pageInfo } } } } }]
  }
  if (denied) return [403, { message: 'Resource not accessible by integration' }]
  if (method === 'POST' && url === '/repos/acme/configuration/issues/7/comments') {
    comments.push({ databaseId: comments.length + 1, author: 'me', body: body.body })
    return [201, {}]
  }
  const edited = /^\/repos\/acme\/configuration\/issues\/comments\/(\d+)$/.exec(url)
  if (method === 'PATCH' && edited) {
    comments.find((comment) => comment.databaseId === Number(edited[1])).body = body.body
    return [200, {}]
  }
  return [404, { message: `${method} ${url}` }]
}

const server = http.createServer(async (request, response) => {
  const chunks = []
  for await (const chunk of request) chunks.push(chunk)
  const [status, document] = answer(request.method, request.url, JSON.parse(Buffer.concat(chunks).toString() || 'null'))
  response.writeHead(status, { 'Content-Type': 'application/json' })
  response.end(JSON.stringify(document))
})

server.listen(0, '127.0.0.1', async () => {
  const AsyncFunction = (async () => {}).constructor
  const script = new AsyncFunction('github', 'context', 'core', 'require', readFileSync(scriptFile, 'utf8'))
  const github = getOctokit('token', { baseUrl: `http://127.0.0.1:${server.address().port}` })
  const context = { repo: { owner: 'acme', repo: 'configuration' }, issue: { number: 7 } }
  const warnings = []
  const core = { warning: (text) => warnings.push(text) }
  for (const run of JSON.parse(runs)) {
    process.env.DEPLOYER_ENVIRONMENT = run.environment
    process.env.DEPLOYER_FOLDER = run.folder
    denied = run.denied === true
    await script(github, context, core, require)
  }
  console.log(JSON.stringify({ comments, warnings }))
  server.close()
})
