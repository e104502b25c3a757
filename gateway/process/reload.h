// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "gateway/admin/admin.h"
#include "gateway/base/metrics.h"
#include "gateway/base/result.h"
#include "gateway/config/sections/config.h"
#include "gateway/config/sections/difference.h"
#include "gateway/process/origin.h"

namespace msggw::process {

/// What came of a reload, or would come of one.
struct Reloaded {
  std::vector<config::Change> applied;
  std::vector<config::Change> needs_restart;
  std::vector<std::string> problems;  ///< not empty: nothing has changed
};

/// {"applied":[{"key","before","after"}],"needsRestart":[..]}, or {"problems":[..]}: what is wrong.
admin::ReloadAnswer answer_of(const Reloaded& reloaded);

/// Takes over what was made ready. incorrect: a file cannot be used any more that could a moment
/// ago, and nothing has changed.
using Commit = std::function<base::Result<>()>;
/// Makes ready what a process is to have by `now`, in which all that is not live is as it was
/// (config::after_reload()): binds listeners and reads files, and changes nothing. What is not
/// committed is let go of with the result. Throws base::CannotListen, and as config_files::load().
using Prepare = std::function<Commit(const config::Config& now)>;

/// Reads the configuration of a running process again, from where it came. All or nothing: what it
/// says, the files that it names, the addresses of listeners, and whether what is live goes
/// together with what is not, is looked at before anything changes. Loop thread only.
class Reloader {
 public:
  Reloader(Origin origin, config::Config running, config::Purpose purpose,
           base::metrics::Registry& metrics, Prepare prepare);
  Reloader(const Reloader&) = delete;
  Reloader& operator=(const Reloader&) = delete;

  /// Events say what came of it.
  Reloaded reload();
  /// What reload() would do; changes nothing and tells nobody.
  Reloaded preview() const;
  const config::Config& running() const noexcept { return running_; }
  /// Why the last reload() was refused; empty: it was not.
  const std::string& refusal() const noexcept { return refusal_; }

 private:
  struct Plan {
    Reloaded said;
    config::Config now;
    Commit commit;
  };
  Plan plan() const;
  void look(Plan& plan) const;
  void tell(const Reloaded& reloaded);

  Origin origin_;
  config::Config running_;
  config::Purpose purpose_;
  Prepare prepare_;
  std::string refusal_;
  base::metrics::Counter& applied_;
  base::metrics::Counter& refused_;
  base::metrics::Gauge& waiting_;
};

}  // namespace msggw::process
