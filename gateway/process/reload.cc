// SPDX-License-Identifier: Apache-2.0
#include "gateway/process/reload.h"

#include <exception>
#include <filesystem>
#include <string_view>
#include <utility>

#include "gateway/base/document.h"
#include "gateway/base/listening.h"
#include "gateway/base/log.h"
#include "gateway/base/text.h"
#include "gateway/config/files/load.h"
#include "gateway/config/language/config_error.h"
#include "gateway/config/sections/check.h"
#include "gateway/process/certificates.h"

namespace msggw::process {

namespace {

constexpr std::size_t kMostShown = 400;  ///< octets of all changes in an event, nearly

base::metrics::Counter& reloads(base::metrics::Registry& metrics, const char* result) {
  return base::metrics::counter(metrics, "msggw_config_reloads_total",
                                "Times that the configuration was to be read again",
                                {{"result", result}});
}

/// What a pipe held, at the start, is not in it any more.
void must_be_plain(const std::filesystem::path& file) {
  std::error_code error;
  if (file.empty() || !std::filesystem::exists(file, error) ||
      std::filesystem::is_regular_file(file, error))
    return;
  throw config_language::ConfigError(
      {base::printable(file.native(), 200) + ": is no regular file, so it cannot be read again"});
}

std::string names_of(const std::vector<config::Change>& changes) {
  std::string names;
  for (const config::Change& change : changes)
    names.append(names.empty() ? "" : ", ").append(base::printable(change.name));
  return names;
}

/// A text without its quotes, which an event would escape.
std::string_view plain(std::string_view value) {
  const bool is_text = value.size() >= 2 && value.front() == '"' && value.back() == '"';
  return is_text && value.size() > 2 ? value.substr(1, value.size() - 2) : value;
}

/// "log.level info to debug, ..."; of what is too much the names alone.
std::string told(const std::vector<config::Change>& changes) {
  std::string all;
  for (const config::Change& change : changes) {
    all.append(all.empty() ? "" : ", ").append(change.name);
    if (change.before == change.after) {
      all.append(" changed");  // secrets
    } else if (change.before.empty()) {
      all.append(" came");
    } else if (change.after.empty()) {
      all.append(" went");
    } else {
      all.append(" ").append(plain(change.before)).append(" to ").append(plain(change.after));
    }
  }
  return all.size() <= kMostShown ? all : names_of(changes);
}

std::string json_of(const std::vector<config::Change>& changes) {
  std::string all = "[";
  for (const config::Change& change : changes) {
    if (all.size() > 1) all += ',';
    base::ObjectWriter writer(base::Encoding::json, all);
    writer.text("key", change.name);
    writer.text("before", change.before);
    writer.text("after", change.after);
    writer.end();
  }
  return all + "]";
}

}  // namespace

admin::ReloadAnswer answer_of(const Reloaded& reloaded) {
  std::string body;
  base::ObjectWriter writer(base::Encoding::json, body);
  if (reloaded.problems.empty()) {
    writer.json("applied", json_of(reloaded.applied));
    writer.json("needsRestart", json_of(reloaded.needs_restart));
  } else {
    writer.texts("problems", reloaded.problems);
  }
  writer.end();
  return {reloaded.problems.empty(), std::move(body)};
}

Reloader::Reloader(Origin origin, config::Config running, config::Purpose purpose,
                   base::metrics::Registry& metrics, Prepare prepare)
    : origin_(std::move(origin)),
      running_(std::move(running)),
      purpose_(purpose),
      prepare_(std::move(prepare)),
      applied_(reloads(metrics, "applied")),
      refused_(reloads(metrics, "refused")),
      waiting_(base::metrics::gauge(
          metrics, "msggw_config_restart_needed",
          "Options that are written otherwise than they are used, and take a restart")) {}

Reloader::Plan Reloader::plan() const {
  Plan plan;
  try {
    look(plan);
  } catch (const config_language::ConfigError& error) {
    plan.said.problems = error.problems();
    if (error.more() > 0)
      plan.said.problems.push_back("and " + std::to_string(error.more()) + " more");
  } catch (const std::exception& error) {
    plan.said.problems = {error.what()};
  }
  return plan;
}

void Reloader::look(Plan& plan) const {
  must_be_plain(origin_.file);
  const auto loaded = config_files::load_with_origins(origin_.file, origin_.settings, purpose_);
  const config::Config& wanted = loaded.config;
  plan.now = config::after_reload(running_, wanted, purpose_);
  for (config::Change& change : config::changes(running_, wanted, purpose_))
    (change.is_live ? plan.said.applied : plan.said.needs_restart).push_back(std::move(change));
  plan.said.problems = unusable_files(plan.now, purpose_, origin_);
  // What was right with the rest of the file may be wrong with what stays until the restart.
  for (const config::Finding& finding : config::check(plan.now, purpose_)) {
    plan.said.problems.push_back(origin_.of(finding.section, finding.key) + ": [" +
                                 std::string(finding.section) + "] " + std::string(finding.key) +
                                 ": " + finding.what + " (until a restart takes over " +
                                 names_of(plan.said.needs_restart) + ")");
  }
  if (!plan.said.problems.empty()) return;
  try {
    plan.commit = prepare_(plan.now);
  } catch (const base::CannotListen& error) {
    const auto at = loaded.origins.find(error.section() + "." + error.option());
    plan.said.problems = {(at == loaded.origins.end() ? origin_.name() : at->second) + ": [" +
                          error.section() + "] " + error.option() + ": " + error.what()};
  }
}

Reloaded Reloader::preview() const {
  return plan().said;
}

Reloaded Reloader::reload() {
  Plan plan = this->plan();
  if (plan.said.problems.empty()) {
    try {
      if (const auto done = plan.commit(); !done) plan.said.problems = {done.error().detail};
    } catch (const std::exception& error) {
      plan.said.problems = {error.what()};
    }
  }
  if (plan.said.problems.empty()) running_ = std::move(plan.now);
  tell(plan.said);
  return std::move(plan.said);
}

void Reloader::tell(const Reloaded& reloaded) {
  if (!reloaded.problems.empty()) {
    refused_.Increment();
    refusal_.clear();
    for (const std::string& problem : reloaded.problems)
      refusal_.append(refusal_.empty() ? "" : "; ").append(problem);
    return base::log::error("reload_refused", {{"reason", refusal_}});
  }
  refusal_.clear();
  applied_.Increment();
  waiting_.Set(static_cast<double>(reloaded.needs_restart.size()));
  base::log::info("config_reloaded", {{"changed", told(reloaded.applied)}});
  if (!reloaded.needs_restart.empty())
    base::log::warn("restart_needed", {{"options", names_of(reloaded.needs_restart)}});
}

}  // namespace msggw::process
