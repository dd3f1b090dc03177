#pragma once

namespace aurora::ctl {

struct context;

/// One for each verb, in the file of its name. Each returns the exit code or throws `failure`.
int verb_init(context& c);
int verb_up(context& c);
int verb_down(context& c);
int verb_start(context& c);
int verb_stop(context& c);
int verb_restart(context& c);
int verb_status(context& c);
int verb_check(context& c);
int verb_logs(context& c);
int verb_events(context& c);
int verb_why(context& c);
int verb_graph(context& c);
int verb_validate(context& c);
int verb_doctor(context& c);
int verb_import(context& c);
int verb_export(context& c);
int verb_plan(context& c);
int verb_reload(context& c);
int verb_rollback(context& c);
int verb_backup(context& c);
int verb_restore(context& c);
int verb_signal(context& c);
int verb_scale(context& c);
int verb_upgrade(context& c);
int verb_dashboard(context& c);
int verb_autostart(context& c);
int verb_completion(context& c);
int verb_help(context& c);
/// Hidden: the names of services and instances, a line each, for completion; silent where no daemon
/// is.
int verb_names(context& c);
/// Hidden: 0 where no daemon answers, else 1, for the unit that `autostart` writes.
int verb_absent(context& c);

}  // namespace aurora::ctl
