// SPDX-License-Identifier: Apache-2.0
#include "adapters/wire/tls/calendar.h"

#include <openssl/ssl.h>

#include <algorithm>
#include <ctime>
#include <optional>
#include <utility>

#include "adapters/wire/tls/crls.h"
#include "adapters/wire/tls/files.h"

namespace msggw::tls {

namespace {

std::optional<Day> day_of(const ASN1_TIME* time) {
  tm parts{};
  if (time == nullptr || ASN1_TIME_to_tm(time, &parts) != 1) return std::nullopt;
  return Day(std::chrono::seconds(timegm(&parts)));
}

/// Of one file: what ends first counts.
class First {
 public:
  First(std::string use, const std::filesystem::path& file)
      : ending_{std::move(use), file, {}, {}, Day::max()} {}

  void look_at(const X509* certificate) {
    look_at(X509_get0_notBefore(certificate), X509_get0_notAfter(certificate),
            X509_get_subject_name(certificate));
  }
  void look_at(const X509_CRL* crl) {
    look_at(X509_CRL_get0_lastUpdate(crl), X509_CRL_get0_nextUpdate(crl), X509_CRL_get_issuer(crl));
  }
  void into(std::vector<Ending>& all) {
    if (ending_.until != Day::max()) all.push_back(std::move(ending_));
  }

 private:
  void look_at(const ASN1_TIME* from, const ASN1_TIME* until, const X509_NAME* subject) {
    const auto end = day_of(until);
    if (!end || *end >= ending_.until) return;
    ending_.until = *end;
    ending_.from = day_of(from).value_or(*end);
    ending_.subject = text_of(subject);
  }

  Ending ending_;
};

}  // namespace

std::vector<Ending> endings_of(const Options& options) {
  std::vector<Ending> all;
  if (const auto own = read_own(options.certificate, options.key); own && own->certificate) {
    First first("certificate", options.certificate);
    first.look_at(own->certificate.get());
    for (int at = 0; at < sk_X509_num(own->chain.get()); ++at)
      first.look_at(sk_X509_value(own->chain.get(), at));
    first.into(all);
  }
  if (options.ca.empty()) return all;
  const char* const word = options.side == Side::server ? "client_ca" : "ca";
  const auto trusted = read_trusted(word, options.ca, options.crl);
  if (!trusted) return all;
  First ca(word, options.ca);
  const STACK_OF(X509_OBJECT)* const objects = X509_STORE_get0_objects(trusted->store.get());
  for (int at = 0; at < sk_X509_OBJECT_num(objects); ++at) {
    if (const X509* const one = X509_OBJECT_get0_X509(sk_X509_OBJECT_value(objects, at)))
      ca.look_at(one);
  }
  ca.into(all);
  First crl("crl", options.crl.empty() ? options.ca : options.crl);
  if (const Crls* const crls = crls_of(trusted->store.get())) {
    for (const Crl& one : crls->all) crl.look_at(one.get());
  }
  crl.into(all);
  return all;
}

Day peer_until(const ssl_st* connection) {
  Day first = Day::max();
  if (connection == nullptr || SSL_get_verify_result(connection) != X509_V_OK) return first;
  const STACK_OF(X509)* const chain = SSL_get0_verified_chain(connection);
  for (int at = 0; at < sk_X509_num(chain); ++at) {
    if (const auto end = day_of(X509_get0_notAfter(sk_X509_value(chain, at))))
      first = std::min(first, *end);
  }
  return first;
}

std::string date_of(Day day) {
  const std::time_t seconds = day.time_since_epoch().count();
  tm parts{};
  char text[32] = "?";
  if (gmtime_r(&seconds, &parts) != nullptr) std::strftime(text, sizeof text, "%F %T UTC", &parts);
  return text;
}

}  // namespace msggw::tls
