#include <aurora/daemon.hpp>

#include <boost/asio/io_context.hpp>
#include <boost/system/system_error.hpp>

#include <new>
#include <system_error>
#include <utility>

#include "keeper/keeper.hpp"
#include "reactor/child/launch.hpp"
#include "reactor/keeper/keeper_link.hpp"
#include "supervisor/in_place.hpp"
#include "supervisor/preparation.hpp"
#include "supervisor/reactor_process.hpp"
#include "supervisor/start_up_memory.hpp"
#include "supervisor/upgrade.hpp"

namespace aurora {
namespace {

namespace asio = boost::asio;
using shell::complain;
using shell::exit_failure;

struct program {
  const daemon_options& options;
  const shell::in_place& place;
};

/// In a process of its own, with all signals blocked.
int prepare_and_run(int link, const program& which) {
  asio::io_context loop(1);
  const auto keeper = reactor::keeper_link::take_over(loop.get_executor(), link);
  if (!keeper) {
    complain("the keeper cannot be heard: " + keeper.error().message());
    return exit_failure;
  }
  shell::preparation prepared(which.options, **keeper);
  if (const auto code = prepared.prepare()) return *code;
  shell::reactor_process running(loop, **keeper, std::move(prepared.how), which.place.program,
                                 which.options.page);
  return running.run();
}

int run_reactor(int link, const program& which) {
  try {
    return prepare_and_run(link, which);
  } catch (const boost::system::system_error& fault) {
    complain(fault.what());
  } catch (const std::system_error& fault) {
    complain(fault.what());
  } catch (const std::bad_alloc&) {
    complain("out of memory");
  }
  return exit_failure;
}

}  // namespace

int run_daemon(const daemon_options& options) {
  keeper::open_standard_descriptors();
  if (options.self_test) return shell::self_test(*options.self_test, options.state_dir);
  shell::in_place place(options.arguments);
  if (options.arguments.empty()) place.program.clear();
  if (place.programs_oom_score) reactor::inherit_programs_oom_score(*place.programs_oom_score);
  reactor::protect_from_oom();
  const program which{options, place};
  if (place.as == shell::in_place::role::reactor) return run_reactor(place.fd, which);
  const auto run = [](int link, void* context) {
    return run_reactor(link, *static_cast<const program*>(context));
  };
  shell::give_back_start_up_memory();  // the keeper needs next to nothing of it
  return keeper::keep({run, const_cast<program*>(&which), place.argv(),
                       place.environment(reactor::programs_oom_score())},
                      place.as == shell::in_place::role::keeper ? place.fd : -1);
}

}  // namespace aurora
