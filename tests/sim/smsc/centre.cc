// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/smsc/centre.h"

#include <algorithm>
#include <utility>

#include "tests/sim/smsc/session.h"

namespace msggw::smsc {

using base::Errc;
using base::fail;

Centre::Centre(Behaviour behaviour)
    : behaviour_(std::move(behaviour)),
      journal_(behaviour_.journal_most),
      wall_start_(std::chrono::floor<base::Duration>(std::chrono::system_clock::now())) {
  phones_.keep(behaviour_.phones_most);
  seed();
  // As long as real ones, and different after a restart, so that an old receipt finds nothing.
  last_id_ = (random_() & 0x3FFF'FFFF) | 0x4000'0000;
  reference_ = static_cast<std::uint16_t>(random_());
  read_clock();
}

void Centre::read_clock() {
  now_ = std::chrono::steady_clock::now() - start_;
  wall_ = wall_start_ + std::chrono::floor<base::Duration>(now_);
}

void Centre::seed() {
  random_.seed(behaviour_.seed != 0 ? behaviour_.seed : std::random_device()());
}

bool Centre::happens(double share) {
  return share > 0 && std::uniform_real_distribution<double>()(random_) < share;
}

bool Centre::Rate::pass(double rate, Instant now) {
  used_ = std::max(0.0, used_ - rate * std::chrono::duration<double>(now - last_).count());
  last_ = now;
  if (rate > 0 && used_ + 1 > std::max(1.0, rate)) return false;
  ++used_;
  return true;
}

base::Result<> Centre::change(const boost::json::object& changes) {
  const std::uint64_t seed_before = behaviour_.seed;
  if (auto changed = smsc::change(behaviour_, changes); !changed) return changed;
  if (behaviour_.seed != seed_before) seed();
  journal_.keep(behaviour_.journal_most);
  phones_.keep(behaviour_.phones_most);
  return {};
}

std::uint32_t Centre::add(Session& session) {
  sessions_.emplace(++last_link_, &session);
  return last_link_;
}

void Centre::remove(const Session& session) {
  sessions_.erase(session.number());
}

void Centre::remove_receiver(const Session& session) {
  const auto at = std::find(receivers_.begin(), receivers_.end(), &session);
  if (at == receivers_.end()) return;
  receivers_.erase(at);
  Account& account = *session.account();
  if (--account.receivers > 0) return;
  // Nobody is left to take the receipts that go before their responses.
  for (const Delivery& delivery : account.queue) {
    if (delivery.kind == Delivery::Kind::receipt) release(receipts_.at(delivery.index));
  }
}

Account* Centre::find_account(std::string_view name) {
  const auto found = accounts_.find(name);
  return found == accounts_.end() ? nullptr : &found->second;
}

Account& Centre::account(std::string_view name) {
  if (Account* const known = find_account(name)) return *known;
  return accounts_.emplace(std::string(name), Account{std::string(name), {}, 0}).first->second;
}

Status Centre::bind(const Bind& bind, Account*& account) {
  if (behaviour_.refuse_binds > 0) {
    --behaviour_.refuse_binds;
    return static_cast<Status>(behaviour_.refuse_status);
  }
  const std::string system_id(bind.system_id);
  const auto known =
      std::find_if(behaviour_.accounts.begin(), behaviour_.accounts.end(),
                   [&](const std::string& a) { return a.starts_with(system_id + ":"); });
  if (known != behaviour_.accounts.end()) {
    if (known->substr(system_id.size() + 1) != bind.password) return status::bad_password;
  } else if (!behaviour_.accounts.empty()) {
    return status::bad_system_id;
  }
  if (accounts_.size() >= kMostAccounts && find_account(system_id) == nullptr) {
    return status::bind_failed;
  }
  account = &this->account(system_id);
  return status::ok;
}

void Centre::bound(Session& session) {
  if (!session.receives()) return;
  receivers_.push_back(&session);
  ++session.account()->receivers;
}

base::Result<std::uint32_t> Centre::post(const boost::json::object& body) {
  if (messages_.waiting() >= behaviour_.waiting_most) {
    return fail(Errc::overloaded, "too many messages wait for a receiver");
  }
  auto original = parse_original(body, ++reference_);
  if (!original) return fail(original.error().code, original.error().detail);
  if (original->account.empty()) {
    shared_.push_back({Delivery::Kind::message, 0, messages_.add(std::move(*original)), 0});
    return shared_.back().owner;
  }
  if (accounts_.size() >= kMostAccounts && find_account(original->account) == nullptr) {
    return fail(Errc::overloaded, "too many accounts");
  }
  Account& account = this->account(original->account);
  const auto steps = static_cast<std::uint32_t>(original->order.size());
  const std::uint32_t id = messages_.add(std::move(*original));
  for (std::uint32_t step = 0; step < steps; ++step) {
    account.queue.push_back({Delivery::Kind::message, 0, id, step});
  }
  return id;
}

base::Result<std::uint32_t> Centre::start_campaign(const boost::json::object& body) {
  auto campaign = Campaign::parse(body);
  if (!campaign) return fail(campaign.error().code, campaign.error().detail);
  if (campaigns_.size() >= kMostCampaigns) {
    const auto over = std::find_if(campaigns_.begin(), campaigns_.end(), [&](const auto& entry) {
      return !entry.second.is_open() &&
             std::find(running_.begin(), running_.end(), entry.first) == running_.end();
    });
    if (over == campaigns_.end()) return fail(Errc::overloaded, "too many campaigns");
    campaigns_.erase(over);
  }
  campaigns_.emplace(++last_campaign_, std::move(*campaign));
  running_.push_back(last_campaign_);
  return last_campaign_;
}

const Campaign* Centre::campaign(std::uint32_t id) const {
  const auto found = campaigns_.find(id);
  return found == campaigns_.end() ? nullptr : &found->second;
}

Campaign* Centre::find_campaign(std::uint32_t id) {
  const auto found = campaigns_.find(id);
  return found == campaigns_.end() ? nullptr : &found->second;
}

boost::json::object Centre::show_counters() const {
  boost::json::object out = to_json(counters_);
  std::size_t queued = shared_.size();
  for (const auto& [name, account] : accounts_) queued += account.queue.size();
  out["links"] = sessions_.size();
  out["receivers"] = receivers_.size();
  out["queued"] = queued;
  out["messagesOpen"] = messages_.waiting();
  out["receiptsOpen"] = receipts_.size();
  out["phones"] = phones_.size();
  out["phonesDropped"] = phones_.dropped();
  return out;
}

void Centre::reset() {
  journal_.clear();
  phones_.clear();
  counters_ = Counters{};
}

}  // namespace msggw::smsc
