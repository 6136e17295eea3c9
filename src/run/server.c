/* SPDX-License-Identifier: MIT */
#include "run/server.h"

#include <arpa/inet.h>
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/spawn.h"
#include "base/units.h"
#include "base/xalloc.h"
#include "probe/rungs.h"
#include "launch/failure.h"
#include "launch/interrupt.h"
#include "launch/offspring.h"
#include "launch/watch.h"

/* Poll period while a server gets ready, and the longest wait otherwise. */
enum { ASK_MS = 10, WAIT_MS = 1000 };

/* A server and its load in one trial. */
struct session {
	const struct server *server;
	struct launch server_launch, load_launch;
	struct outcome server_outcome, load_outcome;
	struct watch server_watch, load_watch;
	bool load_started;
	size_t seen;        /* bytes of its output searched so far */
	char *error;        /* why the trial yields no figures */
	const char *remedy; /* and how to go on; static */
};

static bool connects(int family, const struct sockaddr *address, socklen_t size)
{
	_cleanup_close_ int fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);

	return fd >= 0 && connect(fd, address, size) == 0;
}

static bool takes_connections(unsigned int port)
{
	const struct sockaddr_in v4 = {
		.sin_family = AF_INET,
		.sin_port = htons((uint16_t)port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	const struct sockaddr_in6 v6 = {
		.sin6_family = AF_INET6,
		.sin6_port = htons((uint16_t)port),
		.sin6_addr = IN6ADDR_LOOPBACK_INIT,
	};

	return connects(AF_INET, (const struct sockaddr *)&v4, sizeof(v4)) ||
	       connects(AF_INET6, (const struct sockaddr *)&v6, sizeof(v6));
}

int server_check_port(const struct server *server, struct error *err)
{
	if (!server->port || !takes_connections(server->port))
		return 0;
	error_set(err, ERROR_USAGE, EADDRINUSE, "port %u is in use already", server->port);
	error_hint(err, "stop what listens there (`ss -ltnp`), or let the server use another port");
	return -EADDRINUSE;
}

/* Whether a whole line of a text matches. */
static bool line_matches(const regex_t *regex, const struct strbuf *text)
{
	_cleanup_free_ char *copy = xstrndup(text->buf, text->len);
	char *rest = copy, *line;

	while ((line = strsep(&rest, "\n")))
		if (rest && regexec(regex, line, 0, NULL, 0) == 0)
			return true;
	return false;
}

static bool is_ready(struct session *session)
{
	const struct outcome *outcome = &session->server_outcome;

	if (session->server->port)
		return takes_connections(session->server->port);
	if (outcome->out.head.len + outcome->err_head.len == session->seen)
		return false;
	session->seen = outcome->out.head.len + outcome->err_head.len;
	return line_matches(session->server->ready, &outcome->out.head) ||
	       line_matches(session->server->ready, &outcome->err_head);
}

/* Records how the server ended, or else its last output. */
static void fail(struct session *session, const char *what, const char *remedy)
{
	const struct outcome *outcome = &session->server_outcome;
	_cleanup_free_ char *failure = failure_describe(&session->server_launch, outcome, false);
	_cleanup_strbuf_ struct strbuf words = STRBUF_INIT;

	if (!failure)
		failure_add_last_words(&words, outcome);
	session->remedy = outcome->end == LAUNCH_EXITED ? remedy : failure_remedy(outcome, false);
	session->error = xasprintf("the server %s%s%s", what,
				   failure     ? ": "
				   : words.len ? ""
					       : ", and said nothing",
				   failure ? failure : words.buf);
}

/* Reports the timeout alone: madvisor stopped the server, so its exit status is irrelevant. */
static void fail_unready(struct session *session, const char *remedy)
{
	_cleanup_strbuf_ struct strbuf words = STRBUF_INIT;

	failure_add_last_words(&words, &session->server_outcome);
	session->remedy = remedy;
	session->error = xasprintf("the server did not get ready within %g s%s",
				   (double)session->server->ready_timeout_ns / (double)NS_PER_SEC,
				   words.len ? words.buf : ", and said nothing");
}

/* Waits until it is ready, has ended or is out of time. */
static bool wait_ready(struct session *session)
{
	struct watch *watch = &session->server_watch;
	uint64_t deadline_ns = watch->started_ns + session->server->ready_timeout_ns;

	while (!watch->ended) {
		watch_pump(&watch, 1, ASK_MS);
		if (!watch->ended && is_ready(session))
			return true;
		if (clock_now_ns(&clock_real) >= deadline_ns)
			return false;
	}
	return false;
}

/* Runs the load generator to its end; stops it if the server ends first. */
static int run_load(struct session *session, struct error *err)
{
	struct watch *const both[] = { &session->load_watch, &session->server_watch };

	session->load_started = true;
	int r = watch_start(&session->load_watch, &session->load_launch, &session->load_outcome,
			    err);
	if (r < 0)
		return r;
	while (!both[0]->ended) {
		watch_pump(both, 2, WAIT_MS);
		if (both[1]->ended && !both[0]->ended)
			watch_stop(both[0], LAUNCH_EXITED);
	}
	return watch_finish(both[0], err);
}

/* Sends SIGTERM and waits; kills the server after its stop timeout. */
static void stop_server(struct session *session)
{
	struct watch *watch = &session->server_watch;

	if (!watch->ended)
		watch_ask(watch, LAUNCH_EXITED, session->server->stop_timeout_ns);
	while (!watch->ended)
		watch_pump(&watch, 1, ASK_MS);
}

/* Died by a signal of another sender. The load may notice that before madvisor does. */
static bool crashed(const struct session *session)
{
	int status = session->server_outcome.exit_status;

	return status > 128 && status != 128 + SIGTERM && !session->server_outcome.had_to_be_killed;
}

/* Runs the server under load. Negative errno if it, or its load, could not be started. */
static int serve(struct session *session, struct error *err)
{
	struct watch *watch = &session->server_watch;
	int r = watch_start(watch, &session->server_launch, &session->server_outcome, err);

	if (r < 0)
		return r;
	bool ready = wait_ready(session), ended = watch->ended;
	if (ready)
		r = run_load(session, err);
	bool died = watch->ended;
	stop_server(session);
	int finished = watch_finish(watch, r < 0 ? NULL : err);
	if (r == 0)
		r = finished;
	if (!ready && ended)
		fail(session, "ended before it was ready",
		     "it must run by itself, and stay in the foreground");
	else if (!ready)
		fail_unready(
			session,
			"see that it shows so by --ready-port or --ready-regex, or wait longer with --ready-timeout");
	else if (died || crashed(session))
		fail(session, died ? "ended under the load" : "crashed",
		     "run it and its load by themselves to see why");
	return r;
}

static void session_close(struct session *session, size_t *ret_left_behind)
{
	watch_kill(&session->server_watch);
	if (session->load_started)
		watch_kill(&session->load_watch);
	const struct probe_session *probe = session->server_watch.session;
	*ret_left_behind = offspring_kill_all(probe ? probe_helper(probe) : 0);
	if (session->server_watch.session)
		session->server_outcome.lineage = probe_take_lineage(session->server_watch.session);
	watch_release(&session->server_watch);
	if (session->load_started)
		watch_release(&session->load_watch);
}

static void session_release(struct session *session)
{
	outcome_release(&session->server_outcome);
	outcome_release(&session->load_outcome);
	free(session->error);
}

static bool interrupted(const struct session *session)
{
	return session->server_outcome.end == LAUNCH_INTERRUPTED ||
	       session->load_outcome.end == LAUNCH_INTERRUPTED;
}

static void fill_run(struct run *run, struct session *session, const struct program *program)
{
	const struct outcome *load = &session->load_outcome;

	run->error = TAKE_PTR(session->error);
	if (!run->error) {
		_cleanup_free_ char *failure =
			failure_describe(&session->load_launch, load, program->ignore_failure);

		run->error = failure ? xasprintf("the load generator: %s", failure) : NULL;
		session->remedy = failure_remedy(load, program->ignore_failure);
	}
	if (!run->error && program->metric_count) {
		program_take_metrics(run, program, load);
		session->remedy = program_metric_remedy;
	}
	if (run->error)
		return;
	metrics_fill(&run->metrics, &session->server_outcome.metrics);
	run->metrics.value[METRIC_WALL_NS] = (double)load->wall_ns;
}

static void note_killed(struct result *result, const struct session *session,
			const struct trial *trial)
{
	if (session->server_outcome.had_to_be_killed)
		result_add_note(
			result,
			"%s under %s: the server did not end within %g s of SIGTERM, and was killed",
			result->cases[trial->case_index].name,
			result->contenders[trial->contender_index].name,
			(double)session->server->stop_timeout_ns / (double)NS_PER_SEC);
}

static void prepare(struct session *session, const struct program *program,
		    const struct trial_setup *setup, const struct trial *trial, char *const *env,
		    const char *const *load_argv)
{
	session->server_launch = (struct launch){
		.argv = program->argv,
		.env = env,
		.cpus = setup->cpus,
		.identity = &setup->identity,
		.probe = trial->probe,
		.census = program->census,
		.memory_max_bytes = setup->memory_max_bytes,
		.output = LAUNCH_CAPTURE,
	};
	session->load_launch = (struct launch){
		.argv = load_argv,
		.env = (char **)identity_environment(&setup->identity),
		.identity = &setup->identity,
		.probe = &probe_rusage,
		.timeout_ns = setup->timeout_ns,
		.input = program->input,
		.output = LAUNCH_CAPTURE,
	};
}

int server_trial(const struct server *server, const struct program *program,
		 const struct trial_setup *setup, const struct trial *trial, struct result *result,
		 struct program_record *record, enum trial_end *ret_end, struct error *err)
{
	_cleanup_(session_release) struct session session = {
		.server = server,
		.server_outcome = OUTCOME_INIT,
		.load_outcome = OUTCOME_INIT,
	};
	const char *const load_argv[] = { "sh", "-c", server->load, NULL };
	size_t left_behind;
	int r = server_check_port(server, err);

	if (r < 0)
		return r;
	char **env = program_environment(program, &setup->identity,
					 &result->contenders[trial->contender_index]);
	prepare(&session, program, setup, trial, env, load_argv);
	r = serve(&session, err);
	session_close(&session, &left_behind);
	strv_free(env);
	if (r < 0)
		return r;
	*ret_end = TRIAL_INTERRUPTED;
	if (interrupted(&session))
		return 0;
	note_killed(result, &session, trial);
	struct run *run = trial_add_run(result, trial, session.load_outcome.exit_status);
	fill_run(run, &session, program);
	if (record)
		*record = (struct program_record){
			.output = program_output(&session.load_launch, &session.load_outcome),
			.lineage = TAKE_PTR(session.server_outcome.lineage),
			.cpu_ns = session.server_outcome.metrics.value[METRIC_CPU_NS],
			.left_behind = left_behind,
			.remedy = session.remedy,
			.said = strbuf_detach(&session.server_outcome.err_head),
		};
	*ret_end = run->error ? TRIAL_FAILED : TRIAL_DONE;
	return 0;
}
