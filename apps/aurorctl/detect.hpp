#pragma once

#include <string>
#include <vector>

#include <aurora/config.hpp>

/// What lies in a directory that could be run: for `aurorctl init`.
namespace aurora::ctl {

/// One service of the configuration to be. Its strings are valid UTF-8 of a sane length, whatever
/// the file said that they come from.
struct found_service {
  std::string name;                  ///< as a service may be called, and unique
  std::string origin;                ///< "Procfile": the comment above it
  std::vector<std::string> command;  ///< program and arguments; of one only: for /bin/sh
  std::vector<std::string> instead;  ///< another command, offered in a comment; may be empty
  int port = 0;                      ///< 0: none is known
  bool once = false;                 ///< a oneshot
};

/// A file that was looked into, and what came of it, for people.
struct finding {
  std::string file;
  std::string what;
};

struct detected {
  std::vector<found_service> services;
  std::vector<finding> findings;
  std::string env_file;                       ///< ".env", where it can be read as one
  std::string virtualenv;                     ///< ".venv": there is one
  bool requirements = false;                  ///< requirements.txt, and no virtualenv
  std::vector<std::string> compose_services;  ///< their names only
  std::string compose_file;
};

/// Looks at the files that tell how a project is run, all of them directly in `directory`.
/// A Procfile says everything that runs, so that package.json and manage.py are then only told.
/// Never fails: what cannot be read or understood is a finding. Reads at most a few files.
detected detect(const std::string& directory, config_source& disk);

/// As a service may be called: what cannot stand in a name becomes `-`. Never empty.
std::string service_name(std::string_view wanted);

}  // namespace aurora::ctl
