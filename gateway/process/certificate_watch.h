// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/steady_timer.hpp>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "gateway/admin/status.h"
#include "gateway/base/context.h"
#include "gateway/process/certificates.h"

namespace msggw::process {

/// Tells in time that certificates, CAs and CRLs end: a metric with the time for each file, and an
/// event for each that ends soon (ends_soon()), at the start, at each reload, and once a day. Loop
/// thread only.
class CertificateWatch {
 public:
  CertificateWatch(const base::Context& context, std::vector<TlsFiles> all);

  /// Other files from the next read() on. What was read of those that stay, stays.
  void watch(std::vector<TlsFiles> all);
  /// Reads the files, which may take as long as it takes to use them. Of a section whose files
  /// cannot be used now, what was read before stays: that is what is in use.
  void read();
  /// Tells what is to be told at `now`; each hour it comes by itself.
  void look(tls::Day now);
  /// Of those that have ended, or end soon.
  std::vector<admin::Status::Trouble> troubles(tls::Day now) const;

 private:
  struct Section {
    TlsFiles files;
    std::vector<tls::Ending> endings{};
    bool is_read = false;
  };
  struct Watched {
    tls::Ending ending;
    int told_days = kNothingTold;
  };
  static constexpr int kNothingTold = 1 << 20;

  base::metrics::Gauge& expiry(const std::string& file, const std::string& use);
  void look_again();

  base::Context context_;
  std::vector<Section> all_;
  std::map<std::pair<std::string, std::string>, Watched> watched_;  // by file and use
  boost::asio::steady_timer timer_;
};

}  // namespace msggw::process
