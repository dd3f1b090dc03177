#pragma once

#include "convert/draft.hpp"

/// One for each format, in the file of its name: from the text of another tool to a configuration,
/// with every key that could not be carried over told. Pure but for `input::disk`; none throws.
namespace aurora::ctl::convert {

void import_aurora_supervisor(const input& in, draft& to);
void import_supervisord(const input& in, draft& to);
void import_procfile(const input& in, draft& to);
void import_compose(const input& in, draft& to);
void import_process_compose(const input& in, draft& to);
void import_pm2(const input& in, draft& to);
void import_systemd(const input& in, draft& to);

}  // namespace aurora::ctl::convert
