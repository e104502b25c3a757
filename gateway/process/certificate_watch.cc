// SPDX-License-Identifier: Apache-2.0
#include "gateway/process/certificate_watch.h"

#include <algorithm>
#include <chrono>
#include <limits>
#include <string>
#include <utility>

#include "gateway/base/log.h"
#include "gateway/base/metrics.h"

namespace msggw::process {

CertificateWatch::CertificateWatch(const base::Context& context, std::vector<TlsFiles> all)
    : context_(context), timer_(context.io) {
  for (TlsFiles& files : all) all_.push_back({std::move(files)});
}

void CertificateWatch::watch(std::vector<TlsFiles> all) {
  std::vector<Section> before = std::exchange(all_, {});
  for (TlsFiles& files : all) {
    const auto same = std::find_if(before.begin(), before.end(), [&](const Section& section) {
      return section.files.subject == files.subject;
    });
    Section section{std::move(files)};
    if (same != before.end()) {
      section.endings = std::move(same->endings);
      section.is_read = same->is_read;
    }
    all_.push_back(std::move(section));
  }
}

void CertificateWatch::read() {
  for (const auto& [name, watched] : watched_)  // none of a file that is of no use any more
    expiry(name.first, name.second).Set(std::numeric_limits<double>::quiet_NaN());
  watched_.clear();
  for (Section& section : all_) {
    if (!section.is_read || tls::check_files(section.files.made))
      section.endings = tls::endings_of(section.files.made);
    section.is_read = true;
    for (const tls::Ending& ending : section.endings) {
      const std::string file = ending.file.string();
      const auto at = ending.until.time_since_epoch();
      expiry(file, ending.use).Set(static_cast<double>(at.count()));
      watched_[{file, ending.use}].ending = ending;
    }
  }
  look(std::chrono::ceil<std::chrono::seconds>(std::chrono::system_clock::now()));
  look_again();
}

base::metrics::Gauge& CertificateWatch::expiry(const std::string& file, const std::string& use) {
  return base::metrics::gauge(context_.metrics, "msggw_certificate_expiry_timestamp_seconds",
                              "When a certificate, CA or CRL that is used ends; of several in a "
                              "file the first, in Unix time",
                              {{"file", file}, {"use", use}});
}

void CertificateWatch::look(tls::Day now) {
  for (auto& [name, watched] : watched_) {
    const tls::Ending& ending = watched.ending;
    const int days = days_left(ending, now);
    if (!ends_soon(ending, now) || watched.told_days == days) continue;
    watched.told_days = days;
    const std::string ends = tls::date_of(ending.until);
    if (days < 0)
      base::log::error(
          "certificate_ended",
          {{"file", name.first}, {"use", ending.use}, {"subject", ending.subject}, {"ends", ends}});
    else
      base::log::warn("certificate_ends_soon", {{"file", name.first},
                                                {"use", ending.use},
                                                {"subject", ending.subject},
                                                {"ends", ends},
                                                {"days", days}});
  }
}

std::vector<admin::Status::Trouble> CertificateWatch::troubles(tls::Day now) const {
  std::vector<admin::Status::Trouble> all;
  for (const auto& [name, watched] : watched_) {
    const tls::Ending& ending = watched.ending;
    if (!ends_soon(ending, now)) continue;
    const int days = days_left(ending, now);
    const std::string when = days < 0 ? "has ended" : "ends in " + std::to_string(days) + " days";
    all.push_back({"certificate", name.first,
                   "the " + ending.use + " of " + ending.subject + " " + when + ", on " +
                       tls::date_of(ending.until),
                   days < 0, base::TimePoint(days < 0 ? ending.until : soon_from(ending))});
  }
  return all;
}

void CertificateWatch::look_again() {
  timer_.expires_after(std::chrono::hours{1});
  timer_.async_wait([this](const boost::system::error_code& error) {
    if (error) return;
    look(std::chrono::ceil<std::chrono::seconds>(std::chrono::system_clock::now()));
    look_again();
  });
}

}  // namespace msggw::process
