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

/// Reads the configuration of a running process again, from where it came. All or nothing: what it
/// says, the files that it names, and whether what is live goes together with what is not, is
/// looked at before anything changes. Loop thread only.
class Reloader {
 public:
  /// Takes over what is live of `now`; all else in it is as it was. incorrect: a file cannot be
  /// used any more that could a moment ago, and nothing has changed.
  using Apply = std::function<base::Result<>(const config::Config& now)>;
  /// Reads what else the configuration names. Throws as config_files::load().
  using Check = std::function<void(const config::Config& now)>;

  Reloader(Origin origin, config::Config running, config::Purpose purpose,
           base::metrics::Registry& metrics, Apply apply, Check check = {});
  Reloader(const Reloader&) = delete;
  Reloader& operator=(const Reloader&) = delete;

  /// Events say what came of it.
  Reloaded reload();
  /// What reload() would do; changes nothing and tells nobody.
  Reloaded preview() const;
  const config::Config& running() const noexcept { return running_; }

 private:
  struct Plan {
    Reloaded said;
    config::Config now;
  };
  Plan plan() const;
  void tell(const Reloaded& reloaded);

  Origin origin_;
  config::Config running_;
  config::Purpose purpose_;
  Apply apply_;
  Check check_;
  base::metrics::Counter& applied_;
  base::metrics::Counter& refused_;
  base::metrics::Gauge& waiting_;
};

}  // namespace msggw::process
