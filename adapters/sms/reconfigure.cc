// SPDX-License-Identifier: Apache-2.0
// What becomes of the adapter when its options are others.
#include <algorithm>
#include <stdexcept>
#include <utility>
#include <vector>

#include "adapters/sms/adapter.h"
#include "adapters/sms/speaker.h"
#include "gateway/base/log.h"

namespace msggw::sms {

Options in_their_places(const Options& before, Options wanted) {
  std::vector<SmscOptions> all = before.all;
  std::vector<bool> gone(all.size(), true);
  std::vector<SmscNo> order;
  for (SmscOptions& smsc : wanted.all) {
    // The binds of a place are made once: one that has gone and is bound otherwise now is another.
    const auto same = std::ranges::find_if(all, [&](const SmscOptions& has) {
      const auto at = static_cast<std::size_t>(&has - all.data());
      return has.name == smsc.name && (has.bind == smsc.bind || !before.is_gone(at));
    });
    const auto place = static_cast<std::size_t>(same - all.begin());
    order.push_back(SmscNo{place});
    if (same == all.end()) {
      all.push_back(std::move(smsc));
      gone.push_back(false);
      continue;
    }
    gone[place] = false;
    *same = std::move(smsc);
  }
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (!gone[i]) continue;
    all[i].trusted = false;
    all[i].trusted_numbers.clear();
  }
  wanted.all = std::move(all);
  wanted.gone = std::move(gone);
  wanted.order = std::move(order);
  return wanted;
}

std::vector<SmscNo> Options::by_preference() const {
  std::vector<SmscNo> places = order;
  for (std::size_t place = 0; order.empty() && place < all.size(); ++place)
    places.push_back(SmscNo{place});
  return places;
}

void SmsAdapter::reconfigure() {
  open_.limit_to(options_.max_open_requests);
  uplink_.reconfigure();
  submissions_.follow_options();
  answers_.follow_options();
  for (std::size_t i = 0; i < smscs_.size(); ++i) {
    if (options_.is_gone(i)) {
      smscs_[i]->stop();
      continue;
    }
    smscs_[i]->reconfigure(options_.of(SmscNo{i}));
    if (!stopped_) smscs_[i]->start();
  }
  while (smscs_.size() < options_.all.size()) {
    const SmscNo no{smscs_.size()};
    try {
      smscs_.push_back(std::make_unique<Smsc>(context_, options_, no, smsc_events()));
    } catch (const std::runtime_error& error) {  // a file that was good a moment ago
      return base::log::error("smsc_tls_reload_failed",
                              {{"smsc", options_.of(no).name}, {"reason", error.what()}});
    }
    if (!stopped_) smscs_.back()->start();
  }
}

void Answers::follow_options() {
  paths_.limit_to(options_.max_open_requests);
  rate_.limit_to(options_.answer_every, options_.max_open_requests);
}

void Uplink::reconfigure() {
  open_.limit_to(options_.max_open_requests);
  inbox_.limit_to(options_);
  late_.resize(options_.all.size(), base::TimePoint::min());
  if (messages_ != nullptr) messages_->vouch(core::Bearer::sms, vouches(options_));
}

}  // namespace msggw::sms
