// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <boost/multi_index/mem_fun.hpp>
#include <boost/multi_index/member.hpp>
#include <boost/multi_index/ordered_index.hpp>
#include <boost/multi_index_container.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "gateway/base/clock.h"
#include "gateway/base/log.h"
#include "gateway/base/metrics.h"
#include "gateway/core/tables.h"
#include "gateway/credentials/credential.h"
#include "gateway/credentials/options.h"
#include "gateway/credentials/sealer.h"

namespace msggw::credentials {

/// Whether a credential is good now.
enum class Standing : std::uint8_t {
  good,
  in_grace,  ///< it has ended, and is good for Options::grace
  not_yet,
  ended,
  unreadable  ///< a PSK whose key cannot be decrypted (OperatorSide::standing_of() alone says so)
};
/// "good", "inGrace", "notYet", "ended", "unreadable". Static storage.
std::string_view name_of(Standing standing) noexcept;

/// Why a credential that a device shows is of no use.
enum class Useless : std::uint8_t { unknown, not_yet, ended, unreadable };

struct Metrics {
  explicit Metrics(base::metrics::Registry& registry);

  std::array<base::metrics::Gauge*, kKinds> held;
  base::metrics::Gauge& unreadable;
  std::array<base::metrics::Counter*, 4> useless;
  base::metrics::Counter& in_grace;
};

/// All credentials of all devices: the tables behind the doors of doors.h, which alone change them.
/// Secrets are here as in the store, sealed or hashed. About 300 octets a credential. Loop thread
/// only.
struct Book {
  struct Entry : Credential {
    CredentialNo no{};
    std::pair<Kind, std::string_view> shown() const noexcept { return {kind, name}; }
  };
  struct ByNumber {};
  struct ByName {};
  struct ByDevice {};
  using Entries = boost::multi_index_container<
      Entry, boost::multi_index::indexed_by<
                 boost::multi_index::ordered_unique<
                     boost::multi_index::tag<ByNumber>,
                     boost::multi_index::member<Entry, CredentialNo, &Entry::no>>,
                 boost::multi_index::ordered_non_unique<
                     boost::multi_index::tag<ByName>,
                     boost::multi_index::const_mem_fun<Entry, std::pair<Kind, std::string_view>,
                                                       &Entry::shown>>,
                 boost::multi_index::ordered_non_unique<
                     boost::multi_index::tag<ByDevice>,
                     boost::multi_index::member<Credential, core::DeviceNo, &Credential::device>>>>;

  /// `of_devices` must outlive it.
  Book(const Options& with, const core::Tables& of_devices, base::metrics::Registry& registry);
  Book(const Book&) = delete;
  Book& operator=(const Book&) = delete;

  /// Other limits from now on, all but the key file. What is there beyond them stays.
  void set_limits(const Options& other) {
    options.grace = other.grace;
    options.max_credentials = other.max_credentials;
    options.max_per_device = other.max_per_device;
  }

  const Entry* find(CredentialNo no) const;
  /// The key of the file, read when it is first needed and kept; with `make`, a new one is made if
  /// there is no file. None: there is no file.
  base::Result<const Sealer*> sealer(bool make);
  /// The key of a PSK in clear; none: it cannot be opened.
  std::optional<std::string> open(const Credential& psk);
  Standing standing_of(const Credential& credential, base::TimePoint now) const noexcept;
  void insert(Entry entry);
  /// So many more, or less, are held of the kind.
  void count(Kind kind, int more) {
    metrics.held.at(static_cast<std::size_t>(kind))->Increment(more);
  }
  /// Requires that it is there. It is to be written, or erased.
  void erase(CredentialNo no);
  void mark(CredentialNo no) { changed.push_back(no); }

  Options options;
  const core::Tables& devices;
  Metrics metrics;
  KeyFile key_file;
  std::optional<Sealer> opened;
  Entries entries;
  std::uint32_t next = 1;
  std::vector<CredentialNo> changed;
  base::log::Limit log_limit{};
};

/// What the secret of a PSK is bound to (Sealer::seal()).
std::string bond_of(const Credential& psk);

}  // namespace msggw::credentials
